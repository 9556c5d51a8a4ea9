import { type KeyValue, MAX_OPERATIONS } from "../contract.ts";
import { OrderedMap } from "../mvcc/ordered_map.ts";

/** What is put at one revision. Nothing: the revision must pass without a change of ours. */
export interface RestoreStep {
  readonly puts: readonly { readonly key: string; readonly value: string }[];
  /** Whether the step must come at exactly its revision; others may change places with those beside them. */
  readonly fixed: boolean;
}

interface Growing {
  readonly key: string;
  /** Changes that are still to be made between the first and the last. */
  missing: number;
}

/**
 * The commits, one for each revision from 2 to `newest`, that give an empty etcd the items with their creation revisions, mod-revisions and
 * versions. Changes between a key's first and its last are made wherever there is room, those of the key with the earliest end first; a version that
 * cannot be (a key that was changed once but in two revisions) comes out as near as possible.
 */
export function* planRestore(items: readonly KeyValue[], newest: number): Generator<RestoreStep> {
  const started = items.filter(({ createRevision, modRevision }) => createRevision < modRevision);
  const starts = sortedBy(started, ({ createRevision }) => createRevision);
  const ends = sortedBy(items, ({ modRevision }) => modRevision);
  // In the order of their ends.
  const growing = new OrderedMap<Growing>();
  let [start, end] = [0, 0];
  for (let revision = 2; revision <= newest; revision++) {
    const puts: { key: string; value: string }[] = [];
    for (; ends[end]?.modRevision === revision; end++) {
      puts.push(ends[end]!);
      growing.delete(endKey(ends[end]!));
    }
    const first = start;
    for (; starts[start]?.createRevision === revision; start++) puts.push({ key: starts[start]!.key, value: "" });
    const fixed = puts.length > 0;
    if (growing.size > 0 && puts.length < MAX_OPERATIONS) grow(growing, puts);
    // Not before this revision: a key is put once in it.
    for (let i = first; i < start; i++) {
      const { key, version } = starts[i]!;
      if (version > 2) growing.set(endKey(starts[i]!), { key, missing: version - 2 });
    }
    yield { puts, fixed };
  }
}

function grow(growing: OrderedMap<Growing>, puts: { key: string; value: string }[]): void {
  const finished: string[] = [];
  for (const [sorted, grown] of growing.entries()) {
    if (puts.length === MAX_OPERATIONS) break;
    puts.push({ key: grown.key, value: "" });
    if (--grown.missing === 0) finished.push(sorted);
  }
  for (const sorted of finished) growing.delete(sorted);
}

function endKey({ key, modRevision }: KeyValue): string {
  return `${String(modRevision).padStart(16, "0")}${key}`;
}

function sortedBy(items: readonly KeyValue[], revision: (item: KeyValue) => number): KeyValue[] {
  return items.toSorted((a, b) => revision(a) - revision(b));
}
