import { type FieldSelector, parseFieldSelector } from "../../../api/meta/field_selector.ts";
import { Selector } from "../../../api/meta/label_selector.ts";
import { parseLabelSelector } from "../../../api/meta/label_selector_parser.ts";
import type { KubeObject } from "../../../api/resource.ts";
import { badRequest } from "../../../api/status.ts";
import type { StoredEntry } from "../cache/stored_entry.ts";
import type { WatchScope } from "../cache/watchers.ts";
import type { Shelf } from "./system.ts";

/** Which objects of a resource a list or a watch is about. */
export interface Selection {
  readonly namespace: string;
  /** No selector leaves anything out. */
  readonly unfiltered: boolean;
  /** The one object it can be about. */
  readonly name: string | undefined;
  readonly scope: WatchScope;
  matches(entry: StoredEntry): boolean;
}

interface Request {
  readonly namespace: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

const everything = () => true;

export function selectionOf(shelf: Shelf, request: Request): Selection {
  const labels = request.labelSelector ? parseLabelSelector(request.labelSelector) : Selector.everything;
  const fields = request.fieldSelector ? parseFieldSelector(request.fieldSelector) : undefined;
  if (fields !== undefined) requireKnownFields(shelf, fields);
  const namespace = request.namespace !== "" ? request.namespace : fields?.exactValue("metadata.namespace") ?? "";
  const name = fields?.exactValue("metadata.name");
  const unfiltered = labels.isEmpty() && (fields === undefined || fields.isEmpty());
  return {
    namespace,
    unfiltered,
    name,
    scope: scopeOf(shelf, namespace, name, fields),
    matches: unfiltered ? everything : (entry) =>
      (labels.isEmpty() || labels.matches(entry.metadata.labels)) &&
      (fields === undefined || fields.matches((field) => fieldValue(shelf, entry, field))),
  };
}

function scopeOf(
  shelf: Shelf,
  namespace: string,
  name: string | undefined,
  fields: FieldSelector | undefined,
): WatchScope {
  if (name !== undefined && name !== "") {
    if (!shelf.row.namespaced) return { of: "object", path: name };
    if (namespace !== "") return { of: "object", path: `${namespace}/${name}` };
  }
  const { indexedField } = shelf.strategy;
  const value = indexedField === undefined || namespace !== "" ? undefined : fields?.exactValue(indexedField);
  if (value !== undefined) return { of: "index", value };
  return namespace === "" ? { of: "all" } : { of: "namespace", namespace };
}

function fieldValue(shelf: Shelf, entry: StoredEntry, field: string): string {
  if (field === "metadata.name") return entry.name;
  if (field === "metadata.namespace") return entry.namespace;
  return shelf.strategy.fields![field]!(entry.object as KubeObject);
}

function requireKnownFields(shelf: Shelf, selector: FieldSelector): void {
  const { row, strategy: { fields } } = shelf;
  for (const { field } of selector.terms) {
    // As upstream: who has no fields of their own may be asked for a namespace, though they are in none.
    const generic = field === "metadata.name" ||
      (field === "metadata.namespace" && (row.namespaced || fields === undefined));
    if (generic || (fields !== undefined && Object.hasOwn(fields, field))) continue;
    if (fields === undefined) requireGenericField(field);
    const words = refusals[`${row.group}/${row.resource}`] ?? ((field) => `field label not supported: ${field}`);
    throw badRequest(words(field));
  }
}

/** 400 for a field that not every kind has. */
export function requireGenericField(field: string): void {
  if (field === "metadata.name" || field === "metadata.namespace") return;
  throw badRequest(
    `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}

/** The kinds that upstream has refuse in other words than the rest. */
const refusals: Readonly<Record<string, (field: string) => string>> = {
  "batch/jobs": (field) => `field label ${JSON.stringify(field)} not supported for Job`,
  "resource.k8s.io/resourceslices": (field) =>
    `field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: ${field}`,
};
