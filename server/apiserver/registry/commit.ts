import { type ManagedRecords } from "../../../api/patch/apply/managers.ts";
import type { KubeObject } from "../../../api/resource.ts";
import type { Datastore, Operation } from "../../../datastore/contract.ts";
import { type Content, encode, keyIn, storedText } from "../cache/layout.ts";
import { PackedManagers } from "../cache/packed_managers.ts";
import type { ResourceCache } from "../cache/resource_cache.ts";
import { StoredEntry } from "../cache/stored_entry.ts";
import { TurnLost } from "./allocation_turns.ts";
import { throughStore } from "./datastore_errors.ts";
import type { Shelf } from "./system.ts";

/**
 * Stores `object` if the key still has revision `expect` (0: is not there). Undefined when it has not. The object, which must be the caller's
 * own down to its metadata, is frozen by it; `records` are its managedFields. Throws {@linkcode TurnLost} when it is the expectation of `turn` that fails.
 */
export async function commitPut(
  shelf: Shelf,
  key: string,
  object: KubeObject,
  records: ManagedRecords,
  expect: number,
  turn?: Operation,
): Promise<StoredEntry | undefined> {
  const { system, storage } = shelf;
  const content: Content = { text: encode(storage, object), managers: PackedManagers.of(records) };
  const stored = storedText(storage, content);
  const forget = system.cache.expect(key, { stored, content, object });
  try {
    const put: Operation = { kind: "put", key, value: stored, expect };
    const result = await throughStore(system.datastore.commit(turn ? [put, turn] : [put]));
    if (!result.ok) {
      if (result.conflicts.some(({ index }) => index === 1)) throw new TurnLost();
      return undefined;
    }
    const entry = shelf.cache.byKey(key);
    return entry?.revision === result.revision ? entry : new StoredEntry(storage, key, content, result.revision);
  } finally {
    forget();
  }
}

/** Removes an object at its revision; undefined when it has changed since. */
export async function commitDelete(shelf: Shelf, entry: StoredEntry): Promise<StoredEntry | undefined> {
  const { key, revision } = entry;
  const result = await throughStore(shelf.system.datastore.commit([{ kind: "delete", key, expect: revision }]));
  return result.ok ? entry.at(result.revision) : undefined;
}

/**
 * Stores new versions of objects of one resource if each is still at the `resourceVersion` it has here; false, and nothing is stored, otherwise.
 * Their managedFields stay as they are.
 */
export async function commitSwap(
  datastore: Datastore,
  cache: ResourceCache,
  objects: readonly KubeObject[],
): Promise<boolean> {
  const { storage } = cache;
  const puts = objects.map((object) => {
    const key = keyIn(storage, object.metadata.namespace ?? "", object.metadata.name!);
    const content = { text: encode(storage, object), managers: cache.byKey(key)?.managers };
    const expect = Number(object.metadata.resourceVersion);
    return { kind: "put" as const, key, value: storedText(storage, content), expect };
  });
  return (await throughStore(datastore.commit(puts))).ok;
}
