import { notAcceptable } from "../../../api/status.ts";
import type { ResourceCall } from "./resource_call.ts";

/** How an answer is to look. */
export interface Representation {
  readonly format: "json" | "yaml" | "protobuf";
  /** Undefined: the object itself. */
  readonly as: "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList" | undefined;
}

export const mediaTypes = {
  json: "application/json",
  yaml: "application/yaml",
  protobuf: "application/vnd.kubernetes.protobuf",
} as const;

const plain: Representation = { format: "json", as: undefined };
const remembered = new Map<string, Representation | undefined>();
const REMEMBERED_LIMIT = 256;

/**
 * What the `Accept` header prefers of what is offered; 406 when that is nothing. Protobuf goes to those alone who take nothing else: objects are kept as
 * JSON text, which costs nothing to send.
 */
export function negotiate({ call, row, subresource }: ResourceCall): Representation {
  const { accept } = call.request.headers;
  if (accept === undefined || accept === "" || accept === "*/*" || accept === mediaTypes.json) return plain;
  let found = remembered.get(accept);
  if (found === undefined && !remembered.has(accept)) {
    found = choose(accept, true);
    if (remembered.size >= REMEMBERED_LIMIT) remembered.clear();
    if (accept.length <= 512) remembered.set(accept, found);
  }
  if (found?.as === "Table" && !hasTables(row, subresource)) found = choose(accept, false);
  if (found === undefined) throw notAcceptable(Object.values(mediaTypes));
  return found;
}

/** As upstream: what can only be created (reviews, evictions, tokens …) is printed by nobody. */
function hasTables(row: ResourceCall["row"], subresource: ResourceCall["subresource"]): boolean {
  return subresource === undefined ? row.verbs.includes("get") : ["status", "scale"].includes(subresource.name);
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
  }).filter((clause) => clause.quality > 0).sort((a, b) => b.quality - a.quality);
}

function choose(accept: string, tables: boolean): Representation | undefined {
  let last: Representation | undefined;
  for (const { type, parameters } of clausesOf(accept)) {
    const as = parameters.get("as");
    if (type === mediaTypes.protobuf && as === undefined) last = { format: "protobuf", as };
    const format = formats[type];
    if (format === undefined) continue;
    if (as === undefined) return { format, as: undefined };
    if (parameters.get("g") !== "meta.k8s.io" || parameters.get("v") !== "v1") continue;
    if ((tables && as === "Table") || as === "PartialObjectMetadata" || as === "PartialObjectMetadataList") {
      return { format, as };
    }
  }
  return last;
}

const formats: Readonly<Record<string, "json" | "yaml">> = {
  "application/json": "json",
  "application/yaml": "yaml",
  "application/*": "json",
  "*/*": "json",
};
