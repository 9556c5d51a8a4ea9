import type { FieldError } from "../../../api/meta/field.ts";
import { generateName } from "../../../api/meta/generate_name.ts";
import { formatTime } from "../../../api/meta/time.ts";
import type { ManagedRecords } from "../../../api/patch/apply/managers.ts";
import type { KubeObject } from "../../../api/resource.ts";
import { alreadyExists, badRequest, generateNameConflict, invalid } from "../../../api/status.ts";
import { keyIn } from "../cache/layout.ts";
import type { CreateRequest, Entry, RequestContext } from "../contract.ts";
import { requireNamespace } from "../identity.ts";
import { allocatedWrite } from "./allocated_write.ts";
import { cloneJson } from "./clone.ts";
import { commitPut } from "./commit.ts";
import type { Facet } from "./facet.ts";
import { recordsOfNew } from "./field_managers.ts";
import { takeBackIfLate } from "./late_creation.ts";
import { dropSystemMetadata } from "./metadata.ts";
import { validateMetadata } from "./metadata_validation.ts";
import { ObjectEntry } from "./object_entry.ts";
import { keepOwnersOnce } from "./owner_references.ts";
import { validateContent } from "./schema_validation.ts";
import type { Shelf } from "./system.ts";

/** How many names are made from one `generateName` before the client has to try again. */
const nameAttempts = 8;

/** `applied` are the managers of an object that an apply creates. The object is of the facet's kind. */
export async function create(
  shelf: Shelf,
  facet: Facet,
  context: RequestContext,
  request: CreateRequest,
  applied?: ManagedRecords,
): Promise<Entry> {
  const { name, generateName } = request.object.metadata ?? {};
  const attempts = !name && generateName ? nameAttempts : 1;
  for (let attempt = 1;; attempt++) {
    const { object, records } = await prepared(shelf, facet, context, request, applied);
    const entry = await store(shelf, object, records, request.options.dryRun);
    if (entry !== undefined) return facet.answer(entry);
    if (attempt < attempts) continue;
    const taken = object.metadata.name!;
    if (attempts > 1) throw generateNameConflict(shelf.row, taken);
    const { namespace = "" } = object.metadata;
    throw alreadyExists(shelf.row, taken, isGoing(shelf, namespace, taken) ? "object is being deleted: " : "");
  }
}

/** The object to store: named, complete and found valid. */
async function prepared(
  shelf: Shelf,
  facet: Facet,
  context: RequestContext,
  request: CreateRequest,
  applied: ManagedRecords | undefined,
): Promise<{ object: KubeObject; records: ManagedRecords }> {
  const { system, row, strategy } = shelf;
  const own = cloneJson(request.object);
  const object = facet.stores?.(own) ?? own;
  takeIdentity(shelf, object, request.namespace);
  system.zeroValues.normalise(shelf.message, object as unknown as Record<string, unknown>);
  strategy.defaults?.(object);
  strategy.defaultTimes?.(object, system.clock.now());
  const { metadata } = object;
  const { managedFields } = metadata;
  dropSystemMetadata(metadata);
  keepOwnersOnce(metadata, context, false);
  // What admission adds is nobody's.
  const records = applied ?? recordsOfNew(shelf, facet, request.options, object, managedFields);
  const admission = {
    operation: "CREATE",
    row,
    subresource: "",
    namespace: request.namespace,
    name: metadata.name ?? "",
    object,
    user: context.user,
    dryRun: request.options.dryRun,
    warn: (message: string) => context.warn(message),
  } as const;
  await system.admission.mutate(admission);
  keepOwnersOnce(metadata, context, true);
  takeSystemMetadata(shelf, object);
  if (!metadata.name && metadata.generateName) metadata.name = generateName(metadata.generateName, system.random);
  requireValid(shelf, object, strategy.settle?.(object) ?? []);
  if (strategy.load) await strategy.load(object);
  strategy.prepareForCreate?.(object, { now: system.clock.now(), warn: admission.warn });
  requireValid(shelf, object, [
    ...validateMetadata(row, strategy, metadata),
    ...validateContent(shelf, object),
    ...strategy.validateCreate?.(object) ?? [],
  ]);
  strategy.complete?.(object);
  for (const warning of strategy.warnings?.(object) ?? []) context.warn(warning);
  await system.admission.validate(admission);
  return { object, records };
}

/** Who waits for an object to go is told that it has not yet. */
function isGoing(shelf: Shelf, namespace: string, name: string): boolean {
  return shelf.cache.get(namespace, name)?.object.metadata.deletionTimestamp !== undefined;
}

/** Undefined when the name is taken. */
async function store(
  shelf: Shelf,
  object: KubeObject,
  records: ManagedRecords,
  dryRun: boolean,
): Promise<Entry | undefined> {
  const { namespace = "", name = "" } = object.metadata;
  if (shelf.cache.get(namespace, name) !== undefined) return undefined;
  return await allocatedWrite(shelf, {
    object,
    dryRun,
    async commit(object, turn) {
      if (dryRun) return new ObjectEntry(object, 0, records);
      const entry = await commitPut(shelf, keyIn(shelf.storage, namespace, name), object, records, 0, turn);
      const late = entry && await takeBackIfLate(shelf, entry);
      if (late !== undefined) throw late;
      return entry;
    },
  });
}

function requireValid(shelf: Shelf, object: KubeObject, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(shelf.row, object.metadata.name ?? "", errors);
}

function takeIdentity(shelf: Shelf, object: KubeObject, namespace: string): void {
  const metadata = object.metadata ??= {};
  object.apiVersion = shelf.storage.apiVersion;
  object.kind = shelf.storage.kind;
  if (metadata.resourceVersion) throw badRequest("resourceVersion should not be set on objects to be created");
  takeNamespace(shelf, object, namespace);
  // The first status is the server's, unless the kind says otherwise.
  if (!shelf.strategy.keepsStatusOnCreate && shelf.row.subresources.some(({ name }) => name === "status")) {
    delete (object as { status?: unknown }).status;
  }
}

/** The namespace of the URL is the object's, too. */
function takeNamespace({ row }: Shelf, object: KubeObject, namespace: string): void {
  const { metadata } = object;
  if (!row.namespaced) {
    // Whatever a client says is as good as nothing.
    delete metadata.namespace;
    return;
  }
  if (namespace === "") throw badRequest(`namespace is required: ${row.resource} live in namespaces`);
  requireNamespace(object, namespace);
  metadata.namespace = namespace;
}

function takeSystemMetadata({ strategy, system }: Shelf, { metadata }: KubeObject): void {
  metadata.uid = crypto.randomUUID();
  metadata.creationTimestamp = formatTime(system.clock.now());
  if (strategy.generationFields) metadata.generation = 1;
}
