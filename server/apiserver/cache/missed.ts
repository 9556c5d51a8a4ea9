import type { Datastore, KeyRange, KeyValue, WatchBatch, WatchEvent } from "../../../datastore/contract.ts";

/** What a cache holds, as far as telling what it missed needs. */
export interface Held {
  readonly key: string;
  readonly revision: number;
}

/**
 * The events, as one batch, that bring a cache to the store's present state after it has lost some: each changed key with its newest value, in order
 * of their revisions, then what is gone, at the revision of the read.
 */
export async function missedEvents(
  datastore: Datastore,
  range: KeyRange,
  held: () => Iterable<Held>,
  pageSize: number,
): Promise<WatchBatch> {
  const first = await datastore.list(range, { limit: pageSize });
  const present = new Map<string, KeyValue>();
  for (let page = first;;) {
    for (const item of page.items) present.set(item.key, item);
    const last = page.items.at(-1);
    if (!page.more || last === undefined) break;
    page = await datastore.list({ start: `${last.key}\0`, end: range.end }, {
      limit: pageSize,
      revision: first.revision,
    });
  }
  const known = new Map<string, number>();
  for (const { key, revision } of held()) known.set(key, revision);
  const changed = [...present.values()].filter(({ key, modRevision }) => known.get(key) !== modRevision);
  const events: WatchEvent[] = changed.toSorted((a, b) => a.modRevision - b.modRevision).map((item) => ({
    kind: "put",
    item,
  }));
  for (const key of known.keys()) {
    if (!present.has(key)) events.push({ kind: "delete", key, revision: first.revision });
  }
  return { revision: first.revision, events };
}
