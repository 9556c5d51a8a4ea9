import { isObject, type JsonObject } from "../_json.ts";
import { changedBy, compare } from "./compare.ts";
import { typedConfiguration } from "./configuration.ts";
import { difference, type FieldSet } from "./field_set.ts";
import { fieldSetOfValue } from "./field_set_of.ts";
import type { KindVersion } from "./versions.ts";

const annotation = "kubectl.kubernetes.io/last-applied-configuration";
/** Of all annotations together. */
const maxAnnotationBytes = 256 * 1024;

/** What kubectl has applied on its client's side and nobody changed since. Undefined without a readable annotation of this version. */
export function fieldsOfLastApplied(version: KindVersion, live: JsonObject): FieldSet | undefined {
  const text = annotationsOf(live)[annotation];
  const config = typeof text === "string" ? parse(text) : undefined;
  if (!isObject(config) || config["apiVersion"] !== version.apiVersion) return undefined;
  const { value, errors } = typedConfiguration(version.type, config);
  if (errors.length > 0) return undefined;
  const compared = compare(version.type, value, live);
  return difference(difference(fieldSetOfValue(version.type, value), changedBy(compared)), compared.removed);
}

/** An object that has the annotation gets it anew, so that a later client-side apply knows what was applied. */
export function withLastApplied(object: JsonObject, config: JsonObject): JsonObject {
  const annotations = annotationsOf(object);
  if (!annotations[annotation]) return object;
  const updated: Record<string, unknown> = { ...annotations, [annotation]: `${configurationText(config)}\n` };
  if (sizeOf(updated) > maxAnnotationBytes) delete updated[annotation];
  return { ...object, metadata: { ...object["metadata"] as JsonObject, annotations: updated } };
}

/** With its keys in order, as kubectl writes it. */
function configurationText(config: JsonObject): string {
  const metadata = config["metadata"];
  if (!isObject(metadata) || !isObject(metadata["annotations"])) return JSON.stringify(sorted(config));
  const { [annotation]: _own, ...annotations } = metadata["annotations"];
  return JSON.stringify(sorted({ ...config, metadata: { ...metadata, annotations } }));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}

function annotationsOf(object: JsonObject): JsonObject {
  const metadata = object["metadata"];
  const annotations = isObject(metadata) ? metadata["annotations"] : undefined;
  return isObject(annotations) ? annotations : {};
}

function sizeOf(annotations: JsonObject): number {
  return Object.entries(annotations).reduce((size, [key, value]) => size + key.length + String(value).length, 0);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
