import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { areSameButForTimes, type ManagedRecords } from "../../../api/patch/apply/managers.ts";
import type { KubeObject } from "../../../api/resource.ts";
import { conflict, invalid, notFound } from "../../../api/status.ts";
import { keyIn } from "../cache/layout.ts";
import type { StoredEntry } from "../cache/stored_entry.ts";
import type { Entry, RequestContext, UpdateRequest, WriteOptions } from "../contract.ts";
import { requireIdentity } from "../identity.ts";
import { allocatedWrite } from "./allocated_write.ts";
import { cloneJson } from "./clone.ts";
import { commitDelete, commitPut } from "./commit.ts";
import { create } from "./create.ts";
import { isReleased } from "./deletion.ts";
import { type Facet, requireValidView } from "./facet.ts";
import { recordsOfChanged } from "./field_managers.ts";
import { revisionRequired } from "./main_facet.ts";
import { keepSystemMetadata } from "./metadata.ts";
import { ObjectEntry } from "./object_entry.ts";
import { keepOwnersOnce } from "./owner_references.ts";
import { preconditionFailed, uidMismatch } from "./preconditions.ts";
import type { Shelf } from "./system.ts";

export interface Written {
  readonly entry: Entry;
  readonly created: boolean;
}

/** What is to be changed, and how. */
export interface Change {
  readonly namespace: string;
  readonly name: string;
  readonly options: WriteOptions;
  /** A patch is of the version it is applied to, unless it names another. */
  readonly patches: boolean;
  /** How often it is tried when others write the object at the same time, and the client named no version. */
  readonly attempts: number;
  /** Makes what is wanted of what is there. Runs anew with each attempt. */
  submit(view: KubeObject, current: StoredEntry): Submission;
}

export interface Submission {
  /** The wanted view; copied before it is changed. */
  readonly object: KubeObject;
  /** Who owns what then, where that is known. */
  readonly records?: ManagedRecords;
}

/** Writers of one object meet only while a commit is under way: who loses so often is not alone in a storm. */
const updateAttempts = 64;

export async function update(
  shelf: Shelf,
  facet: Facet,
  context: RequestContext,
  request: UpdateRequest,
): Promise<Written> {
  const { namespace, name, object, options } = request;
  if (shelf.strategy.createsOnUpdate && facet.subresource === "" && !shelf.cache.get(namespace, name)) {
    requireIdentity(shelf.row, object, namespace, name);
    await request.mayCreate?.();
    const { resourceVersion: _none, ...metadata } = object.metadata;
    if (metadata.uid) throw preconditionFailed(shelf, namespace, name, uidMismatch(metadata.uid, ""));
    return {
      entry: await create(shelf, facet, context, { namespace, object: { ...object, metadata }, options }),
      created: true,
    };
  }
  const entry = await change(shelf, facet, context, {
    namespace,
    name,
    options,
    patches: false,
    attempts: updateAttempts,
    submit: () => ({ object }),
  });
  return { entry, created: false };
}

export async function change(shelf: Shelf, facet: Facet, context: RequestContext, change: Change): Promise<Entry> {
  const { namespace, name } = change;
  for (let attempt = 1;; attempt++) {
    context.signal?.throwIfAborted();
    const current = shelf.cache.get(namespace, name);
    if (current === undefined) throw notFound(shelf.row, name);
    const submission = change.submit(facet.view(current.object), current);
    const own = { ...submission, object: cloneJson(submission.object) };
    const demanded = checkIdentity(shelf, own.object, current, change);
    const { object, records } = await resultOf(shelf, facet, context, change, own, current);
    const entry = await store(shelf, object, records, current, change.options.dryRun);
    if (entry !== undefined) return facet.answer(entry);
    if (demanded || attempt >= change.attempts) throw conflict(shelf.row, name);
  }
}

/** The object to store, and its managers. */
async function resultOf(
  shelf: Shelf,
  facet: Facet,
  context: RequestContext,
  { namespace, name, options, patches }: Change,
  { object: submitted, records: known }: Submission,
  current: StoredEntry,
): Promise<{ object: KubeObject; records: ManagedRecords }> {
  const { system, row } = shelf;
  const old = current.object;
  const sent = submitted.metadata.managedFields;
  if (!patches) keepOwnersOnce(submitted.metadata, context, false);
  system.zeroValues.normalise(facet.message, submitted as unknown as Record<string, unknown>);
  if (facet.subresource === "") keepSystemMetadata(submitted.metadata, old.metadata);
  const object = facet.merge(submitted, old);
  const records = known ?? recordsOfChanged(shelf, facet, options, { records: current.records, sent, old, object });
  const { subresource } = facet;
  const admission = {
    operation: "UPDATE",
    verb: patches ? "patch" : "update",
    row,
    subresource,
    namespace,
    name,
    object,
    old,
    user: context.user,
    dryRun: options.dryRun,
    warn: (message: string) => context.warn(message),
  } as const;
  await system.admission.mutate(admission);
  keepOwnersOnce(object.metadata, context, true);
  requireValidView(facet, name, facet.settle?.(object, old) ?? []);
  facet.prepare?.(object, old);
  if (subresource === "" && shelf.strategy.load) await shelf.strategy.load(object);
  requireValidView(facet, name, facet.validate(object, old));
  facet.complete?.(object, old);
  for (const warning of facet.warnings?.(object, old) ?? []) context.warn(warning);
  await system.admission.validate(admission);
  return { object, records };
}

/** Undefined when someone else was faster. An object that nothing holds any more goes instead. */
async function store(
  shelf: Shelf,
  object: KubeObject,
  records: ManagedRecords,
  current: StoredEntry,
  dryRun: boolean,
): Promise<Entry | undefined> {
  object.metadata.resourceVersion = String(current.revision);
  if (isReleased(shelf, object)) {
    const released = new ObjectEntry(object, current.revision, records);
    return dryRun ? released : await commitDelete(shelf, current) && released;
  }
  // A write that changes nothing wakes nobody and wears no disk.
  if (deepEqual(object, current.object) && areSameButForTimes(records, current.records)) return current;
  return await allocatedWrite(shelf, {
    object,
    old: current.object,
    dryRun,
    async commit(object, turn) {
      if (dryRun) return new ObjectEntry(object, current.revision, records);
      const key = keyIn(shelf.storage, current.namespace, current.name);
      return await commitPut(shelf, key, object, records, current.revision, turn);
    },
  });
}

/** Whether the client demands this very version. Throws when it demands another one. */
function checkIdentity(
  shelf: Shelf,
  submitted: KubeObject,
  current: StoredEntry,
  { namespace, name, patches }: Change,
): boolean {
  requireIdentity(shelf.row, submitted, namespace, name);
  const { uid, resourceVersion } = submitted.metadata;
  const currentUid = current.object.metadata.uid ?? "";
  // A patch is told that the uid does not change, as of any other field.
  if (!patches && uid && uid !== currentUid) {
    throw preconditionFailed(shelf, namespace, name, uidMismatch(uid, currentUid));
  }
  if (!resourceVersion || resourceVersion === "0") {
    if (!patches && shelf.strategy.requiresResourceVersion) {
      throw invalid({ group: shelf.row.group, kind: shelf.row.resource }, name, [revisionRequired()]);
    }
    return false;
  }
  if (resourceVersion !== String(current.revision)) throw conflict(shelf.row, name);
  return !patches;
}
