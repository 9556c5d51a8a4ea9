import type { KubeObject } from "../../../api/resource.ts";
import type { Datastore } from "../../../datastore/contract.ts";
import { encode, keyIn, type Storage } from "../cache/layout.ts";
import { StoredEntry } from "../cache/stored_entry.ts";
import { throughStore } from "./datastore_errors.ts";
import type { Shelf } from "./system.ts";

/**
 * Stores `object` if the key still has revision `expect` (0: is not there). Undefined when it has not. The object, which must be the caller's
 * own down to its metadata, is frozen by it.
 */
export async function commitPut(
  shelf: Shelf,
  key: string,
  object: KubeObject,
  expect: number,
): Promise<StoredEntry | undefined> {
  const { system, storage } = shelf;
  const text = encode(storage, object);
  const forget = system.cache.expect(key, text, object);
  try {
    const result = await throughStore(system.datastore.commit([{ kind: "put", key, value: text, expect }]));
    if (!result.ok) return undefined;
    const entry = shelf.cache.byKey(key);
    return entry?.revision === result.revision ? entry : new StoredEntry(storage, key, text, result.revision);
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

/** Stores new versions of objects of one resource if each is still at the `resourceVersion` it has here; false, and nothing is stored, otherwise. */
export async function commitSwap(
  datastore: Datastore,
  storage: Storage,
  objects: readonly KubeObject[],
): Promise<boolean> {
  const puts = objects.map((object) => ({
    kind: "put" as const,
    key: keyIn(storage, object.metadata.namespace ?? "", object.metadata.name!),
    value: encode(storage, object),
    expect: Number(object.metadata.resourceVersion),
  }));
  return (await throughStore(datastore.commit(puts))).ok;
}
