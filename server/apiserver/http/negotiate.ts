import { notAcceptable, StatusError } from "../../../api/status.ts";
import type { ResourceCall } from "./resource_call.ts";

/** How an answer is to look. */
export interface Representation {
  readonly format: "json" | "yaml" | "protobuf";
  /** Undefined: the object itself. */
  readonly as: "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList" | undefined;
  /** Of the group meta.k8s.io, where the answer is not the object itself. */
  readonly version?: "v1" | "v1beta1";
}

export const mediaTypes = {
  json: "application/json",
  yaml: "application/yaml",
  protobuf: "application/vnd.kubernetes.protobuf",
} as const;

const all: readonly string[] = Object.values(mediaTypes);
const streams: readonly string[] = [`${mediaTypes.json};stream=watch`, `${mediaTypes.protobuf};stream=watch`];

const plain: Representation = { format: "json", as: undefined };
const remembered = new Map<string, Representation | StatusError>();
const REMEMBERED_LIMIT = 256;

/**
 * What the `Accept` header prefers of what is offered; 406 when that is nothing.
 */
export function negotiate({ call, row, subresource }: ResourceCall): Representation {
  const { accept } = call.request.headers;
  if (accept === undefined || accept === "" || accept === "*/*" || accept === mediaTypes.json) return plain;
  const { verb } = call.info;
  const watched = verb === "watch";
  const forms = hasTables(row, subresource) ? withTables : metadataForms;
  const key = `${watched ? "watch" : verb === "list" ? "list" : ""} ${forms.length} ${accept}`;
  let found = remembered.get(key);
  if (found === undefined) {
    mustBeNamed(accept, watched || verb === "list" ? [...all, ...streams] : all);
    found = choose(accept, everyFormat, forms) ?? notAcceptable(all);
    if (watched && !(found instanceof StatusError)) {
      found = choose(accept, ["json", "protobuf"], forms) ?? notAcceptable(streams);
    }
    if (remembered.size >= REMEMBERED_LIMIT) remembered.clear();
    if (accept.length <= 512) remembered.set(key, found);
  }
  if (found instanceof StatusError) throw found;
  return found;
}

/** As upstream: what can only be created (reviews, evictions, tokens …) is printed by nobody. */
function hasTables(row: ResourceCall["row"], subresource: ResourceCall["subresource"]): boolean {
  return subresource === undefined ? row.verbs.includes("get") : ["status", "scale"].includes(subresource.name);
}

/** 406 unless one of the types is named, or all are: upstream's router knows no other patterns. */
export function mustBeNamed(accept: string | undefined, types: readonly string[]): void {
  if (!accept) return;
  const named = accept.split(",").map((text) => text.split(";")[0]!.trim());
  if (named.some((type) => type === "*/*" || types.includes(type))) return;
  const { status } = notAcceptable(types);
  const message = `406: Not Acceptable\n\nAvailable representations: ${types.join(", ")}`;
  throw new StatusError({ ...status, message, details: {} });
}

/** In which of the formats an error is told; its client has not been promised any. */
export function formatOfError(accept: string | undefined): Representation["format"] {
  if (accept === undefined || accept === "*/*" || accept === mediaTypes.json) return "json";
  return choose(accept, everyFormat, [])?.format ?? "json";
}

/** In which format a document is told that has one form alone; 406 for all others. */
export function negotiateFormat(accept: string | undefined): Representation["format"] {
  if (!accept || accept === "*/*" || accept === mediaTypes.json) return "json";
  const found = choose(accept, everyFormat, []);
  if (found === undefined) throw notAcceptable(all);
  return found.format;
}

/** {@linkcode mustBeNamed} for what comes in each format. */
export function mustNameFormat(accept: string | undefined): void {
  mustBeNamed(accept, all);
}

/** A clause of an `Accept` header. */
export interface Clause {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** Best quality first; equals keep their order. */
export function clausesOf(accept: string): Clause[] {
  return accept.split(",").map((text): Clause => {
    const [type, ...rest] = text.split(";").map((part) => part.trim());
    const parameters = new Map(rest.map((p) => {
      const equals = p.indexOf("=");
      return equals < 0 ? [p, ""] as const : [p.slice(0, equals), p.slice(equals + 1)] as const;
    }));
    const quality = Number(parameters.get("q") ?? 1);
    return { type: type!.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 0 : quality };
  }).sort((a, b) => b.quality - a.quality);
}

type Format = Representation["format"];
type Form = NonNullable<Representation["as"]>;

const everyFormat: readonly Format[] = ["json", "yaml", "protobuf"];
const metadataForms: readonly Form[] = ["PartialObjectMetadata", "PartialObjectMetadataList"];
const withTables: readonly Form[] = ["Table", ...metadataForms];

function choose(accept: string, formats: readonly Format[], forms: readonly Form[]): Representation | undefined {
  for (const { type, parameters } of clausesOf(accept)) {
    const stream = parameters.get("stream");
    if (stream !== undefined && stream !== "watch") continue;
    for (const format of formats) {
      if (![mediaTypes[format], "application/*", "*/*"].includes(type)) continue;
      const found = transformed(format, parameters, forms);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function transformed(
  format: Format,
  parameters: ReadonlyMap<string, string>,
  forms: readonly Form[],
): Representation | undefined {
  const [as, group, version] = ["as", "g", "v"].map((name) => parameters.get(name));
  if (as === undefined && group === undefined && version === undefined) return { format, as: undefined };
  if (group !== "meta.k8s.io" || (version !== "v1" && version !== "v1beta1")) return undefined;
  const form = forms.find((one) => one === as);
  if (form === undefined) return undefined;
  // The schema has the newer version's protobuf alone, which is all that clients ask for.
  if (format === "protobuf" && (form === "Table" || version !== "v1")) return undefined;
  return { format, as: form, version };
}
