import { compare, type Field, type Message, type TypeRef } from "./model.ts";
import type { ResourceFacts } from "./resources.ts";
import { coreMetaKinds, everywhereKinds, groupVersions } from "./facts.ts";

/** The table's text: one row of short arrays per message, one line each so that a new release shows as a readable difference. */
export function tableFile(messages: readonly Message[], resources: readonly ResourceFacts[]): string {
  const types = new Index();
  const extras = new Index();
  const rows: string[] = [];
  for (const [folder, inFolder] of Map.groupBy(messages, (m) => m.folder)) {
    const lines = inFolder.map((m) =>
      `${JSON.stringify(m.name)}:[${m.fields.map((f) => rowOf(f, types, extras)).join(",")}]`
    );
    rows.push(`${JSON.stringify(folder)}:{\n${lines.join(",\n")}}`);
  }
  const kinds = [...Map.groupBy(messages.filter((m) => m.isKind && m.folder !== "meta/v1"), (m) => m.folder)];
  const metaKinds = messages.filter((m) => m.isKind && m.folder === "meta/v1" && m.name !== "TypeMeta").map((m) =>
    m.name
  );
  const known: [string, string, readonly string[]][] = [
    ...kinds.map(([folder, of]): [string, string, string[]] => {
      const { group, version } = groupVersions.find((g) => g.folder === folder)!;
      return [group ? `${group}/${version}` : version, folder, of.map((m) => m.name)];
    }),
    ["v1", "meta/v1", coreMetaKinds],
    ["meta.k8s.io/v1", "meta/v1", metaKinds.filter((k) => !coreMetaKinds.includes(k) && !everywhereKinds.includes(k))],
    ["*", "meta/v1", everywhereKinds],
  ];
  const stray = [...coreMetaKinds, ...everywhereKinds].find((k) => !metaKinds.includes(k));
  if (stray) throw new Error(`facts.ts names the kind ${stray}, which meta/v1 does not have`);
  const resourceRows = resources.map((r) =>
    JSON.stringify([
      r.group,
      r.version,
      r.resource,
      r.singular,
      r.kind,
      r.namespaced ? 1 : 0,
      r.shortNames,
      r.categories,
      r.verbs,
      r.subresources.map((s) => [s.name, s.group, s.version, s.kind, s.verbs]),
    ])
  );
  return `{"types":[${types.texts.map((t) => JSON.stringify(t)).join(",")}],\n` +
    `"extras":[\n${extras.texts.join(",\n")}],\n` +
    `"kinds":[\n${known.map((k) => JSON.stringify(k)).join(",\n")}],\n` +
    `"resources":[\n${resourceRows.join(",\n")}],\n` +
    `"messages":{\n${rows.join(",\n")}}}\n`;
}

/** Texts that many rows share, by their place in a list. */
class Index {
  readonly texts: string[] = [];
  readonly #places = new Map<string, number>();

  placeOf(text: string): number {
    const place = this.#places.get(text) ?? this.texts.push(text) - 1;
    this.#places.set(text, place);
    return place;
  }
}

/** `[name, type, protobuf number, flags, extra?]`; flags are 1 required, 2 pointer, 4 always. */
function rowOf(field: Field, types: Index, extras: Index): string {
  const { name, type, number, required, pointer, always, ...rest } = field;
  const row = [name, types.placeOf(textOf(type)), number, (required ? 1 : 0) | (pointer ? 2 : 0) | (always ? 4 : 0)];
  const extra = Object.entries(rest).map((
    [key, value],
  ): [string, unknown] => [key, key === "patchStrategy" ? (value as string).split(",") : value]).sort(([a], [b]) =>
    compare(a, b)
  );
  if (extra.length > 0) row.push(extras.placeOf(JSON.stringify(Object.fromEntries(extra))));
  return JSON.stringify(row);
}

/** `[x` is a list of x, `<x` a list that protobuf wraps, `{x` a map to x; a message has a dot. */
function textOf(type: TypeRef): string {
  if ("scalar" in type) return type.scalar === "fieldsV1" ? "raw" : type.scalar;
  if ("message" in type) return type.message;
  if ("map" in type) return `{${textOf(type.map)}`;
  return `${type.wrapped ? "<" : "["}${textOf(type.list)}`;
}
