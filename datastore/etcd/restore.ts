import { type CallOptions, DatastoreError, type KeyValue } from "../contract.ts";
import { decodeSnapshot, type SnapshotHeader } from "../mvcc/snapshot_format.ts";
import type { EtcdChannel } from "./channel.ts";
import type { KeySpace } from "./keys.ts";
import { number } from "./descriptor.ts";
import { COMPACT, TXN } from "./messages.ts";
import { planRestore, type RestoreStep } from "./restore_plan.ts";

/** Commits whose order does not matter are sent so many at a time. */
const AT_ONCE = 256;
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
 * its revisions and version as it first did. That takes as many writes as the cluster has ever made.
 */
export async function replay(
  channel: EtcdChannel,
  keys: KeySpace,
  { header, items }: { header: SnapshotHeader; items: readonly KeyValue[] },
  { signal }: CallOptions,
): Promise<void> {
  const free = new Window(AT_ONCE);
  let expected = 1;
  const commit = async ({ puts }: RestoreStep, least: number): Promise<void> => {
    const changes = puts.length > 0
      ? puts.map(({ key, value }) => ({ put: { key: keys.outer(key), value } }))
      : [{ put: { key: keys.filler, value: "" } }];
    const { header } = await channel.call(TXN, { success: changes }, { write: true });
    checkRevision(number(header.revision), least, expected);
  };
  for (const step of planRestore(items, header.revision)) {
    signal?.throwIfAborted();
    if (step.fixed) await free.empty();
    expected++;
    if (step.fixed) await commit(step, expected);
    else await free.add(commit(step, 2));
    if (expected % COMPACT_EVERY === 0) {
      await free.empty();
      await channel.call(COMPACT, { revision: expected });
    }
  }
  await free.empty();
}

/** Calls that run side by side, not more than so many. */
class Window {
  readonly #size: number;
  readonly #running = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(size: number) {
    this.#size = size;
  }

  /** Resolves when there is room for another; throws what any of them has thrown. */
  async add(call: Promise<void>): Promise<void> {
    const running: Promise<void> = call
      .catch((error) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
    if (this.#running.size >= this.#size) await Promise.race(this.#running);
    if (this.#failure) throw this.#failure.error;
  }

  async empty(): Promise<void> {
    await Promise.all(this.#running);
    if (this.#failure) throw this.#failure.error;
  }
}

function checkRevision(revision: number, least: number, most: number): void {
  if (revision <= most && revision >= least) return;
  throw new DatastoreError(
    "unavailable",
    `somebody else wrote to etcd during the restore (revision ${revision} came where at most ${most} was due): ` +
      "start again with a new etcd that only this program uses",
  );
}
