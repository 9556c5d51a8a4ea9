import { applyConfiguration } from "../../../api/patch/apply/apply.ts";
import { kindText } from "../../../api/patch/apply/kind_text.ts";
import { type ManagedRecords, noRecords } from "../../../api/patch/apply/managers.ts";
import type { KubeObject } from "../../../api/resource.ts";
import { badRequest, conflict, isAlreadyExists } from "../../../api/status.ts";
import type { StoredEntry } from "../cache/stored_entry.ts";
import type { Entry, PatchRequest, RequestContext } from "../contract.ts";
import { requireIdentity } from "../identity.ts";
import { create } from "./create.ts";
import type { Facet } from "./facet.ts";
import { operationOf, trackedView } from "./field_managers.ts";
import type { Shelf } from "./system.ts";

/** What a stored object's view and its managers become by a server-side apply. */
export function appliedTo(
  shelf: Shelf,
  facet: Facet,
  request: PatchRequest,
  current: StoredEntry,
): { object: KubeObject; records: ManagedRecords } {
  const live = trackedView(facet, current.object);
  const { object, records } = apply(shelf, facet, request, current.records, live);
  return { object: facet.configures === undefined ? object : facet.view(object), records };
}

/** Creates the object that a configuration describes; undefined when someone else was faster. `check` gives the object in the form to store. */
export async function createByApply(
  shelf: Shelf,
  facet: Facet,
  context: RequestContext,
  request: PatchRequest,
  check: (object: KubeObject) => KubeObject,
): Promise<Entry | undefined> {
  const { namespace, name, options } = request;
  const applied = apply(shelf, facet, request, noRecords, { metadata: {} });
  const { records } = applied;
  const object = check(applied.object);
  requireIdentity(shelf.row, object, namespace, name);
  const { uid, resourceVersion = "", ...metadata } = object.metadata;
  if (uid) {
    const detail = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(shelf.row, name, detail);
  }
  // A version of what is not there yet says nothing, as upstream, if it is one.
  if (!/^\d*$/.test(resourceVersion)) throw conflict(shelf.row, name);
  await request.mayCreate?.();
  try {
    return await create(shelf, facet, context, { namespace, object: { ...object, metadata }, options }, records);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    return undefined;
  }
}

function apply(
  shelf: Shelf,
  facet: Facet,
  { patch, options }: PatchRequest,
  records: ManagedRecords,
  live: KubeObject,
): { object: KubeObject; records: ManagedRecords } {
  const config = patch as KubeObject;
  const { apiVersion, kind } = facet.kind;
  if (config?.apiVersion !== apiVersion || config.kind !== kind) {
    throw badRequest(`invalid object type: ${kindText((patch ?? {}) as Readonly<Record<string, unknown>>)}`);
  }
  const configuration = facet.configures?.(config) ?? config;
  const operation = operationOf(shelf, facet, options);
  const applied = applyConfiguration(
    operation,
    records,
    live as unknown as Readonly<Record<string, unknown>>,
    configuration,
    options.force ?? false,
  );
  return { object: applied.object as unknown as KubeObject, records: applied.records };
}
