import type { KubeObject } from "../../../api/resource.ts";
import { encode } from "../cache/layout.ts";
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
