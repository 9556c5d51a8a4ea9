/** The Kubernetes API as data: the face of `table.generated.json`, which `scripts/generate-schema` writes. */
import type { FieldSchema, FieldType, MessageSchema, ResourceRow, Scalar, Schema } from "./contract.ts";
import generated from "./table.generated.json" with { type: "json" };

/** Name, place of the type, protobuf number, flags (1 required, 2 pointer, 4 always), place of further facts. */
type FieldRow = readonly [name: string, type: number, number: number, flags: number, extra?: number];

type SubresourceTuple = readonly [name: string, group: string, version: string, kind: string, verbs: readonly string[]];

type ResourceTuple = readonly [
  group: string,
  version: string,
  resource: string,
  singular: string,
  kind: string,
  namespaced: number,
  shortNames: readonly string[],
  categories: readonly string[],
  verbs: readonly string[],
  subresources: readonly SubresourceTuple[],
];

type Extra = Omit<FieldSchema, "name" | "type" | "number" | "required" | "pointer" | "always">;

interface Table {
  readonly types: readonly string[];
  readonly extras: readonly Extra[];
  /** apiVersion (`*` for every one), folder of its messages, kinds. */
  readonly kinds: readonly (readonly [string, string, readonly string[]])[];
  readonly resources: readonly ResourceTuple[];
  /** Messages by folder (`core/v1`) and name. */
  readonly messages: Readonly<Record<string, Readonly<Record<string, readonly FieldRow[]>>>>;
}

// The compiler takes a JSON file's tuples for arrays of unions.
const table = generated as unknown as Table;

const metaPrefix = "io.k8s.apimachinery.pkg.apis.";
const apiPrefix = "io.k8s.api.";

class TableSchema implements Schema {
  readonly #messages = new Map<string, MessageSchema>();
  readonly #types: (FieldType | undefined)[] = [];
  readonly #extras: (Extra | undefined)[] = [];
  #kinds: ReadonlyMap<string, string> | undefined;
  #resources: readonly ResourceRow[] | undefined;

  ofKind(apiVersion: string, kind: string): MessageSchema | undefined {
    this.#kinds ??= new Map(
      table.kinds.flatMap(([version, folder, kinds]) =>
        kinds.map((k) => [`${version} ${k}`, openAPIName(`${folder}.${k}`)])
      ),
    );
    const name = this.#kinds.get(`${apiVersion} ${kind}`) ?? this.#kinds.get(`* ${kind}`);
    return name === undefined ? undefined : this.message(name);
  }

  message(name: string): MessageSchema {
    const known = this.#messages.get(name);
    if (known) return known;
    const [folder, local] = placeOf(name);
    const inFolder = table.messages[folder];
    const rows = inFolder && Object.hasOwn(inFolder, local) ? inFolder[local] : undefined;
    if (!rows) throw new RangeError(`the schema has no message ${JSON.stringify(name)}`);
    const message = { name, fields: new Map(rows.map((row) => [row[0], this.#field(row)])) };
    this.#messages.set(name, message);
    return message;
  }

  resources(): readonly ResourceRow[] {
    return this.#resources ??= table.resources.map(resourceOf);
  }

  #field([name, type, number, flags, extra]: FieldRow): FieldSchema {
    return {
      name,
      type: this.#types[type] ??= typeOf(table.types[type]!),
      number,
      required: (flags & 1) !== 0,
      pointer: (flags & 2) !== 0,
      always: (flags & 4) !== 0,
      ...(extra !== undefined && (this.#extras[extra] ??= extraOf(table.extras[extra]!))),
    };
  }
}

/** The built-in kinds of every served group-version. */
export const schema: Schema = new TableSchema();

function extraOf(extra: Extra): Extra {
  return extra.inline
    ? { ...extra, inline: extra.inline.map(([number, message]) => [number, openAPIName(message)] as const) }
    : extra;
}

/** `[x` is a list of x, `<x` one that protobuf wraps, `{x` a map to x; a message has a dot in its name. */
function typeOf(text: string): FieldType {
  const rest = text.slice(1);
  if (text[0] === "[") return { is: "list", of: typeOf(rest) };
  if (text[0] === "<") return { is: "list", of: typeOf(rest), wrapped: true };
  if (text[0] === "{") return { is: "map", of: typeOf(rest) };
  return text.includes(".") ? { is: "message", message: openAPIName(text) } : { is: "scalar", scalar: text as Scalar };
}

/** `core/v1.Pod` to `io.k8s.api.core.v1.Pod`. */
function openAPIName(local: string): string {
  return (local.startsWith("meta/") ? metaPrefix : apiPrefix) + local.replace("/", ".");
}

/** The inverse of {@linkcode openAPIName}, in two parts; parts of a foreign name are found in no table. */
function placeOf(name: string): [folder: string, local: string] {
  const prefix = name.startsWith(metaPrefix) ? metaPrefix : apiPrefix;
  const [group, version, local] = name.slice(prefix.length).split(".");
  return [`${group}/${version}`, local ?? ""];
}

function resourceOf(row: ResourceTuple): ResourceRow {
  const [group, version, resource, singular, kind, namespaced, shortNames, categories, verbs, subresources] = row;
  return {
    group,
    version,
    resource,
    singular,
    kind,
    namespaced: namespaced === 1,
    shortNames,
    categories,
    verbs,
    subresources: subresources.map(([name, group, version, kind, verbs]) => ({ name, group, version, kind, verbs })),
  };
}
