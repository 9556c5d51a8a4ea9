import { type CallOptions, DatastoreError, type KeyValue } from "../contract.ts";
import { decodeSnapshot, type SnapshotHeader } from "../mvcc/snapshot_format.ts";
import type { EtcdChannel } from "./channel.ts";
import type { KeySpace } from "./keys.ts";
import { COMPACT, number, TXN } from "./messages.ts";
import { planRestore, type RestoreStep } from "./restore_plan.ts";

/** Commits whose order does not matter are sent so many at a time. */
const AT_ONCE = 128;
/** So many revisions are written before what they leave behind is compacted away. */
const COMPACT_EVERY = 100_000;

/** The whole snapshot: nothing of it may be written before all of it was found good. */
export async function readSnapshot(
  snapshot: ReadableStream<Uint8Array>,
  { signal }: CallOptions,
): Promise<{ header: SnapshotHeader; items: KeyValue[] }> {
  let header: SnapshotHeader | undefined;
  const items: KeyValue[] = [];
  for await (const part of decodeSnapshot(snapshot)) {
    signal?.throwIfAborted();
    if ("revision" in part) header = part;
    else for (const item of part) items.push(item);
  }
  return { header: header!, items };
}

/**
 * etcd hands out revisions itself, and none but the next: so the restore commits once for every revision up to the snapshot's, and each key comes by
 * its revisions and version as it first did. That takes as many writes as the cluster has ever made, about 100 s for a million.
 */
export async function replay(
  channel: EtcdChannel,
  keys: KeySpace,
  { header, items }: { header: SnapshotHeader; items: readonly KeyValue[] },
  { signal }: CallOptions,
): Promise<void> {
  let expected = 1;
  const free: Promise<number>[] = [];
  const commit = async ({ puts }: RestoreStep): Promise<number> => {
    const changes = puts.length > 0
      ? puts.map(({ key, value }) => ({ put: { key: keys.outer(key), value } }))
      : [{ put: { key: keys.filler, value: "" } }];
    const { header } = await channel.call(TXN, { success: changes }, { write: true });
    return number(header.revision);
  };
  const settle = async () => {
    for (const revision of await Promise.all(free.splice(0))) checkRevision(revision, expected);
  };
  for (const step of planRestore(items, header.revision)) {
    if (step.fixed || free.length === AT_ONCE) {
      await settle();
      signal?.throwIfAborted();
    }
    expected++;
    if (step.fixed) checkRevision(await commit(step), expected, expected);
    else free.push(commit(step));
    if (expected % COMPACT_EVERY === 0) {
      await settle();
      await channel.call(COMPACT, { revision: expected });
    }
  }
  await settle();
}

function checkRevision(revision: number, most: number, least = 2): void {
  if (revision <= most && revision >= least) return;
  throw new DatastoreError(
    "unavailable",
    `somebody else wrote to etcd during the restore (revision ${revision} came where at most ${most} was due): ` +
      "start again with a new etcd that only this program uses",
  );
}
