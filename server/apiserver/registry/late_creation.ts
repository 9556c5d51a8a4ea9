import type { StatusError } from "../../../api/status.ts";
import { endedNamespace } from "../admission/namespace_lifecycle.ts";
import type { StoredEntry } from "../cache/stored_entry.ts";
import { commitDelete } from "./commit.ts";
import type { Shelf } from "./system.ts";

/**
 * Takes back an object whose namespace was marked for deletion, or went, while it was on its way to the datastore: whoever empties the namespace may have
 * looked before it came, and nothing would ever delete it. Answers the refusal; undefined when the namespace lives. The cache holds all that was
 * committed before the object, on whichever server, so that none slips through.
 */
export async function takeBackIfLate(shelf: Shelf, entry: StoredEntry): Promise<StatusError | undefined> {
  const { row, cache, system } = shelf;
  const refusal = endedNamespace(row, entry.name, entry.namespace, system.lookup);
  if (refusal === undefined) return undefined;
  for (;;) {
    const current = cache.get(entry.namespace, entry.name);
    const isOurs = current?.object.metadata.uid === entry.object.metadata.uid;
    if (current === undefined || !isOurs || await commitDelete(shelf, current)) return refusal;
  }
}
