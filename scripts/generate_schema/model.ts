/** Turns Go declarations into the facts that the table and the TypeScript types are written from. */
import type { GoField, GoPackage, GoType, Markers } from "./go_source.ts";

export interface Field {
  readonly name: string;
  readonly type: TypeRef;
  /** 0 where protobuf does not carry the field. */
  readonly number: number;
  readonly required: boolean;
  readonly pointer: boolean;
  readonly always: boolean;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly listType?: string;
  readonly listMapKeys?: readonly string[];
  readonly mapType?: string;
  readonly structType?: string;
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  /** The structs, outermost first, that JSON flattens and protobuf nests: field number and message. */
  readonly inline?: readonly (readonly [number, string])[];
}

export interface Message {
  /** `core/v1`, `meta/v1` */
  readonly folder: string;
  readonly name: string;
  /** Whether it has `apiVersion` and `kind` of its own. */
  readonly isKind: boolean;
  readonly fields: readonly Field[];
}

/** `wrapped`: protobuf puts the list into a message of its own, as its field 1. */
export type TypeRef =
  | { readonly scalar: string }
  | { readonly message: string }
  | { readonly list: TypeRef; readonly wrapped?: boolean }
  | { readonly map: TypeRef };

export const metaPath = "k8s.io/apimachinery/pkg/apis/meta/v1";

const goScalars: Readonly<Record<string, string>> = {
  string: "string",
  bool: "bool",
  int32: "int32",
  int64: "int64",
  float64: "double",
  "[]byte": "bytes",
  "interface{}": "raw",
  "k8s.io/apimachinery/pkg/api/resource.Quantity": "quantity",
  "k8s.io/apimachinery/pkg/util/intstr.IntOrString": "intOrString",
  "k8s.io/apimachinery/pkg/runtime.RawExtension": "raw",
  "k8s.io/apimachinery/pkg/types.UID": "string",
  "k8s.io/apimachinery/pkg/types.NodeName": "string",
  [`${metaPath}.Time`]: "time",
  [`${metaPath}.MicroTime`]: "microTime",
  [`${metaPath}.Duration`]: "duration",
  [`${metaPath}.FieldsV1`]: "fieldsV1",
};

/** meta/v1 types that are scalars, or that never leave a Go process. */
const notMessages = new Set(["Time", "MicroTime", "Timestamp", "Duration", "FieldsV1", "InternalEvent"]);

interface Resolved {
  readonly in: GoPackage;
  readonly type: GoType;
}

export class Model {
  readonly #packages: ReadonlyMap<string, GoPackage>;

  constructor(packages: readonly GoPackage[]) {
    this.#packages = new Map(packages.map((p) => [p.path, p]));
  }

  messages(): Message[] {
    const found: Message[] = [];
    for (const source of this.#packages.values()) {
      for (const type of source.types.values()) {
        const struct = this.#struct({ in: source, type });
        if (!struct || (source.path === metaPath && notMessages.has(type.name))) continue;
        const fields = this.#fields(struct, []);
        // A struct without JSON names never leaves a Go process.
        if (fields.length === 0) continue;
        const isKind = fields.some((f) => f.name === "apiVersion" && f.number === 0) ||
          (source.path === metaPath && type.name === "WatchEvent");
        found.push({ folder: folderOf(source.path), name: type.name, isKind, fields });
      }
    }
    return found.sort((a, b) => compare(a.folder, b.folder) || compare(a.name, b.name));
  }

  /** Follows `type List metav1.List` to the struct it copies. */
  #struct(from: Resolved): Resolved | undefined {
    if (from.type.fields) return from;
    const next = from.type.underlying && this.#lookup(from.in, from.type.underlying);
    return next ? this.#struct(next) : undefined;
  }

  #lookup(from: GoPackage, type: string): Resolved | undefined {
    const [alias, name] = type.includes(".") ? type.split(".") as [string, string] : [undefined, type];
    const source = alias ? this.#packages.get(from.imports.get(alias) ?? "") : from;
    const declared = source?.types.get(name);
    return source && declared ? { in: source, type: declared } : undefined;
  }

  #fields(struct: Resolved, inline: readonly (readonly [number, string])[]): Field[] {
    return struct.type.fields!.flatMap((field) => {
      const [name, ...options] = field.tags.get("json")?.split(",") ?? [];
      if (name === undefined || name === "-") return [];
      if (name !== "") return [this.#field(struct.in, field, name, options, inline)];
      const embedded = this.#lookup(struct.in, field.type);
      if (!embedded) throw new Error(`${struct.type.name} embeds ${field.type}, which was not read`);
      const number = numberOf(field);
      // TypeMeta has no number: protobuf carries it in the envelope.
      if (number === 0) return this.#fields(embedded, inline).map((f) => ({ ...f, number: 0 }));
      return this.#fields(embedded, [...inline, [number, `${folderOf(embedded.in.path)}.${embedded.type.name}`]]);
    });
  }

  #field(
    source: GoPackage,
    field: GoField,
    name: string,
    options: readonly string[],
    inline: readonly (readonly [number, string])[],
  ): Field {
    const pointer = field.type.startsWith("*");
    const type = this.#type(source, field.type);
    const of = innermost(type);
    const named = this.#named(source, field.type);
    const markers = (key: string) => field.markers.get(key)?.[0] ?? named?.type.markers.get(key)?.[0];
    const isStruct = "message" in type ||
      ("scalar" in type && (type.scalar === "quantity" || type.scalar === "intOrString"));
    const mayOmit = options.includes("omitempty") && !(isStruct && !pointer);
    const structType = "message" in of
      ? field.markers.get("structType")?.[0] ?? this.#structType(of.message)
      : undefined;
    const values = named && this.#enum(named);
    const standard = field.markers.get("default")?.[0];
    return {
      name,
      type,
      number: numberOf(field),
      required: isRequired(field.markers, options),
      pointer,
      always: !mayOmit && !options.includes("omitzero"),
      ...(values && { enum: values }),
      ...(standard !== undefined && { default: this.#default(source, standard) }),
      ...optional("listType", markers("listType")),
      ...optional("listMapKeys", field.markers.get("listMapKey")),
      ...optional("mapType", markers("mapType")),
      ...optional("structType", structType),
      ...optional("patchStrategy", field.tags.get("patchStrategy")),
      ...optional("patchMergeKey", field.tags.get("patchMergeKey")),
      ...(inline.length > 0 && { inline }),
    };
  }

  #type(source: GoPackage, go: string): TypeRef {
    const text = go.replace(/^\*/, "");
    const local = source.types.has(text) ? `${source.path}.${text}` : text;
    const [alias, name] = text.split(".") as [string, string?];
    const scalar = goScalars[name ? `${source.imports.get(alias)}.${name}` : local] ?? goScalars[text];
    if (scalar) return { scalar };
    if (text.startsWith("[]")) return { list: this.#type(source, text.slice(2)) };
    const map = /^map\[[\w.]+\](.+)$/.exec(text);
    if (map) return { map: this.#type(source, map[1]!) };
    const found = this.#lookup(source, text);
    if (!found) throw new Error(`${source.path} uses ${go}, which was not read`);
    if (this.#struct(found)) return { message: `${folderOf(found.in.path)}.${found.type.name}` };
    const underlying = this.#type(found.in, found.type.underlying!);
    return "list" in underlying ? { ...underlying, wrapped: true } : underlying;
  }

  /** The named type of a field, of its elements or of its values. */
  #named(source: GoPackage, go: string): Resolved | undefined {
    const found = this.#lookup(source, go.replace(/^\*?(\[\]|map\[[\w.]+\])?\*?/, ""));
    // `type A = B` and `type A B` over another named type.
    const next = found?.type.underlying && this.#lookup(found.in, found.type.underlying);
    return next && next.type !== found?.type && !next.type.fields ? next : found;
  }

  #enum({ in: source, type }: Resolved): readonly string[] | undefined {
    if (!type.markers.has("enum")) return undefined;
    const values = source.constants.filter((c) => c.type === type.name).map((c) => c.value);
    return values.length > 0 ? [...new Set(values)].sort() : undefined;
  }

  #structType(message: string): string | undefined {
    const [folder, name] = message.split(".") as [string, string];
    return this.#packages.get(pathOf(folder))?.types.get(name)?.markers.get("structType")?.[0];
  }

  #default(source: GoPackage, text: string): unknown {
    const ref = /^ref\((\w+)\)$/.exec(text);
    if (!ref) return JSON.parse(text);
    const constant = source.constants.find((c) => c.name === ref[1]);
    if (!constant) throw new Error(`${source.path}: the default ${text} names no constant that was read`);
    return constant.value;
  }
}

function folderOf(path: string): string {
  return path === metaPath ? "meta/v1" : path.slice("k8s.io/api/".length);
}

export function pathOf(folder: string): string {
  return folder === "meta/v1" ? metaPath : `k8s.io/api/${folder}`;
}

export function innermost(type: TypeRef): TypeRef {
  return "list" in type ? innermost(type.list) : "map" in type ? innermost(type.map) : type;
}

function numberOf(field: GoField): number {
  return Number(field.tags.get("protobuf")?.split(",")[1] ?? 0);
}

/** The rule of upstream's OpenAPI: the markers decide, and without one, omitempty does. */
function isRequired(markers: Markers, options: readonly string[]): boolean {
  if (markers.has("required")) return true;
  return !markers.has("optional") && !options.includes("omitempty") && !options.includes("omitzero");
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
