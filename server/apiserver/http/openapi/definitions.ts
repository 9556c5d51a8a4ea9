import type { FieldSchema, FieldType, MessageSchema, Scalar, Schema } from "../../../../api/schema/contract.ts";
import { unionsOf } from "./unions.ts";

type Json = Record<string, unknown>;

/** What is said of a message, and of a field in it; undefined where nothing is. */
export type Describe = (message: string, field?: string) => string | undefined;

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";

const eitherOf = (...types: string[]) => types.map((type) => ({ type }));

/** The scalars that have a definition of their own, and what is in it; the third is OpenAPI 3's, which has alternatives. */
const named: Readonly<Partial<Record<Scalar, readonly [name: string, definition: Json, third?: Json]>>> = {
  quantity: [
    "io.k8s.apimachinery.pkg.api.resource.Quantity",
    { type: "string" },
    { oneOf: eitherOf("string", "number") },
  ],
  intOrString: [
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
    { type: "string", format: "int-or-string" },
    { format: "int-or-string", oneOf: eitherOf("integer", "string") },
  ],
  time: [`${META}.Time`, { type: "string", format: "date-time" }],
  microTime: [`${META}.MicroTime`, { type: "string", format: "date-time" }],
  duration: [`${META}.Duration`, { type: "string" }],
  raw: ["io.k8s.apimachinery.pkg.runtime.RawExtension", { type: "object" }],
};

/** A field whose JSON is kept as it is, and yet has a definition of its own. */
const fieldsV1: readonly [name: string, definition: Json] = [`${META}.FieldsV1`, { type: "object" }];

const plain: Readonly<Partial<Record<Scalar, Json>>> = {
  string: { type: "string" },
  bool: { type: "boolean" },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  double: { type: "number", format: "double" },
  bytes: { type: "string", format: "byte" },
};

/** What Go writes for a scalar that nobody has set. Those that read themselves from JSON, as times do, have no such value. */
const zeros: Readonly<Partial<Record<Scalar, unknown>>> = { string: "", bool: false, int32: 0, int64: 0, double: 0 };

export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Collects the definitions that documents refer to, each with all it refers to itself. */
export class Definitions {
  readonly #schema: Schema;
  /** `#/definitions/` or `#/components/schemas/`. */
  readonly #prefix: string;
  /** OpenAPI 3, which lets nothing stand beside a reference. */
  readonly #third: boolean;
  readonly #describe: Describe;
  readonly #done = new Map<string, Json>();

  constructor(schema: Schema, version: 2 | 3, describe: Describe) {
    this.#schema = schema;
    this.#describe = describe;
    this.#prefix = version === 2 ? "#/definitions/" : "#/components/schemas/";
    this.#third = version === 3;
  }

  /** A reference to the definition of a message; `kinds` are the kinds that it stands for. */
  reference(message: MessageSchema, kinds: readonly Kind[] = []): Json {
    const known = this.#done.get(message.name) ?? this.#define(message);
    if (kinds.length > 0) known["x-kubernetes-group-version-kind"] = kinds;
    return { $ref: this.#prefix + message.name };
  }

  /** What stands for patches of all types. */
  patch(): Json {
    return this.#named(`${META}.Patch`, { type: "object" });
  }

  /** All so far, by name in order. */
  all(): Json {
    return Object.fromEntries([...this.#done].sort(([a], [b]) => a < b ? -1 : 1));
  }

  #define(message: MessageSchema): Json {
    const definition: Json = { ...described(this.#describe(message.name)), type: "object" };
    // Before its fields: messages may contain themselves.
    this.#done.set(message.name, definition);
    const fields = [...message.fields.values()];
    const required = fields.filter((field) => field.required).map((field) => field.name);
    if (required.length > 0) definition["required"] = required;
    if (fields.length > 0) {
      definition["properties"] = Object.fromEntries(
        fields.map((field) => [field.name, this.#property(message, field)]),
      );
    }
    const unions = unionsOf(message.name);
    if (unions !== undefined) definition["x-kubernetes-unions"] = unions;
    return definition;
  }

  #property(message: MessageSchema, { enum: values, ...field }: FieldSchema): Json {
    const type = field.name === "fieldsV1" ? this.#named(...fieldsV1) : this.#type(field.type, values);
    const facts: Json = described(this.#describe(message.name, field.name));
    const zero = field.pointer ? undefined : this.#default(field.type, field.always);
    const standard = this.#third ? field.default ?? zero : undefined;
    if (standard !== undefined) facts["default"] = standard;
    if (field.patchMergeKey) facts["x-kubernetes-patch-merge-key"] = field.patchMergeKey;
    if (field.patchStrategy) facts["x-kubernetes-patch-strategy"] = field.patchStrategy.join(",");
    if (field.listType) facts["x-kubernetes-list-type"] = field.listType;
    if (field.listMapKeys) facts["x-kubernetes-list-map-keys"] = field.listMapKeys;
    // A struct is atomic wherever it is; only that a field makes it granular is said at the field.
    if (field.structType === "atomic") this.#markAtomic(field.type);
    const mapType = field.mapType ?? (field.structType === "granular" ? field.structType : undefined);
    if (mapType) facts["x-kubernetes-map-type"] = mapType;
    return this.#beside(type, facts);
  }

  /** OpenAPI 3 wraps a reference that something stands beside. */
  #beside(type: Json, facts: Json): Json {
    const wrapped = this.#third && "$ref" in type && Object.keys(facts).length > 0 ? { allOf: [type] } : type;
    return { ...wrapped, ...facts };
  }

  /** `values` are those allowed, of the innermost elements. */
  #type(type: FieldType, values: readonly string[] | undefined): Json {
    switch (type.is) {
      case "message":
        return this.reference(this.#schema.message(type.message));
      case "list":
        return { type: "array", items: this.#element(type.of, values) };
      case "map":
        return { type: "object", additionalProperties: this.#element(type.of, values) };
      case "scalar":
        return { ...this.#scalar(type.scalar), ...(values && { enum: values }) };
    }
  }

  #element(type: FieldType, values: readonly string[] | undefined): Json {
    const zero = this.#third ? this.#default(type, true) : undefined;
    return this.#beside(this.#type(type, values), zero === undefined ? {} : { default: zero });
  }

  /** Undefined where Go would write nothing, or null. */
  #default(type: FieldType, always: boolean): unknown {
    if (type.is === "message") return {};
    return type.is === "scalar" && always ? zeros[type.scalar] : undefined;
  }

  #markAtomic(type: FieldType): void {
    if (type.is === "list") this.#markAtomic(type.of);
    if (type.is === "message") this.#done.get(type.message)!["x-kubernetes-map-type"] = "atomic";
  }

  #scalar(scalar: Scalar): Json {
    const definition = named[scalar];
    return definition === undefined ? { ...plain[scalar] } : this.#named(...definition);
  }

  #named(name: string, body: Json, third?: Json): Json {
    if (!this.#done.has(name)) {
      this.#done.set(name, { ...described(this.#describe(name)), ...(this.#third ? third ?? body : body) });
    }
    return { $ref: this.#prefix + name };
  }
}

function described(description: string | undefined): Json {
  return description === undefined ? {} : { description };
}
