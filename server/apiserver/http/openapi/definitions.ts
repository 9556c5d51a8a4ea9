import type { FieldSchema, FieldType, MessageSchema, Scalar, Schema } from "../../../../api/schema/contract.ts";

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

const plain: Readonly<Partial<Record<Scalar, Json>>> = {
  string: { type: "string" },
  bool: { type: "boolean" },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  double: { type: "number", format: "double" },
  bytes: { type: "string", format: "byte" },
};

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
    return definition;
  }

  #property(message: MessageSchema, field: FieldSchema): Json {
    const type = this.#type(field.type);
    const facts: Json = described(this.#describe(message.name, field.name));
    if (field.enum) facts["enum"] = field.enum;
    if (field.default !== undefined) facts["default"] = field.default;
    if (field.patchMergeKey) facts["x-kubernetes-patch-merge-key"] = field.patchMergeKey;
    if (field.patchStrategy) facts["x-kubernetes-patch-strategy"] = field.patchStrategy.join(",");
    if (field.listType) facts["x-kubernetes-list-type"] = field.listType;
    if (field.listMapKeys) facts["x-kubernetes-list-map-keys"] = field.listMapKeys;
    const mapType = field.mapType ?? field.structType;
    if (mapType) facts["x-kubernetes-map-type"] = mapType;
    const wrapped = this.#third && "$ref" in type && Object.keys(facts).length > 0 ? { allOf: [type] } : type;
    return { ...wrapped, ...facts };
  }

  #type(type: FieldType): Json {
    switch (type.is) {
      case "message":
        return this.reference(this.#schema.message(type.message));
      case "list":
        return { type: "array", items: this.#type(type.of) };
      case "map":
        return { type: "object", additionalProperties: this.#type(type.of) };
      case "scalar":
        return this.#scalar(type.scalar);
    }
  }

  #scalar(scalar: Scalar): Json {
    const definition = named[scalar];
    if (definition === undefined) return { ...plain[scalar] };
    const [name, body, third] = definition;
    if (!this.#done.has(name)) this.#done.set(name, { ...(this.#third ? third ?? body : body) });
    return { $ref: this.#prefix + name };
  }
}

function described(description: string | undefined): Json {
  return description === undefined ? {} : { description };
}
