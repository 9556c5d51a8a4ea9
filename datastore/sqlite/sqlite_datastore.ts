import { getLogger } from "@logtape/logtape";
import {
  type CallOptions,
  type CommitOptions,
  type CommitResult,
  type Datastore,
  type DatastoreMetrics,
  type DatastoreStats,
  type GetResult,
  type Holding,
  type KeyRange,
  type KeyValue,
  type ListOptions,
  type ListResult,
  type Operation,
  type ReadOptions,
  type Subscription,
  type WatchBatch,
  type WatchOptions,
} from "../contract.ts";
import { abortable } from "../mvcc/abortable.ts";
import {
  checkCompaction,
  checkLimit,
  checkOperations,
  checkRange,
  checkReadRevision,
  checkUnwatched,
  closedError,
  EVERY_KEY,
  restoringError,
} from "../mvcc/check.ts";
import { CommitQueue } from "../mvcc/commit_queue.ts";
import { batchOf, type FinishedCommit, resultOf } from "../mvcc/commit_reply.ts";
import type { HistoryLimits } from "../mvcc/history.ts";
import { Holds } from "../mvcc/holds.ts";
import { Restarting } from "../mvcc/restarting.ts";
import { revisionOf } from "../mvcc/row_id.ts";
import { decodeSnapshot, encodeSnapshot, type SnapshotHeader } from "../mvcc/snapshot_format.ts";
import { WatchHub } from "../mvcc/watch_hub.ts";
import { toWire } from "./wire.ts";
import type { EngineLink } from "./worker_link.ts";

const logger = getLogger(["skiff", "datastore"]);

/** Of one read by the thread: between two of them commits get their turn. */
const PAGE_KEYS = 1000;
const PAGE_BYTES = 1024 * 1024;
/** Of one step of counting. */
const COUNTED_KEYS = 2000;
/** Of one step of looking for damage. */
const VERIFY_MILLISECONDS = 10;

export interface Opened {
  readonly path: string;
  readonly link: EngineLink;
  readonly revision: number;
  readonly compacted: number;
  /** The last row that the sweep of a compaction has seen. */
  readonly swept: number;
  readonly ring: HistoryLimits;
}

/** The side of the SQLite engine that its callers see: checks, group commit, watches; the file is the thread's at the other end of the link. */
export class SqliteDatastore implements Datastore {
  readonly #path: string;
  readonly #link: EngineLink;
  readonly #hub: WatchHub;
  readonly #queue: CommitQueue;
  readonly holding: Holding = {
    checkpoint: async (options = {}) => {
      this.#checkWrite(options);
      await abortable(this.#link.call("checkpoint"), options);
    },
    usage: async () => {
      this.#checkCall({});
      return await this.#link.call("usage");
    },
  };
  readonly #holds = new Holds(() => Date.now(), () => {
    if (this.#hub.compacted > this.#swept) void this.#sweeping.run();
  });
  /** The revision that is swept; what is compacted above it is still to be removed. */
  #swept: number;
  readonly #sweeping = new Restarting("Compaction", () => this.#sweepSteps());
  readonly #verifying: Promise<void>;
  #restoring = false;
  /** Live keys when the file was opened; counted when somebody first asks for them. */
  #firstKeys: Promise<number> | undefined;
  #closing: Promise<void> | undefined;

  constructor({ path, link, revision, compacted, swept, ring }: Opened) {
    this.#path = path;
    this.#link = link;
    this.#hub = new WatchHub({
      revision,
      compacted,
      limits: ring,
      settled: () => this.#queue.settled(),
      readHistory: (query) => link.call("history", { ...query, through: this.#hub.revision, bytes: PAGE_BYTES }),
    });
    this.#queue = new CommitQueue({
      write: ({ commits, previous, held = false }) =>
        link.call("commit", { commits: commits.map((operations) => operations.map(toWire)), previous, held }),
      wantsPrevious: () => this.#hub.wantsPrevious,
    });
    this.#swept = revisionOf(swept + 1) - 1;
    // A compaction that a crash has cut short.
    void this.#sweeping.run();
    this.#verifying = this.#verify();
  }

  /** Looks at what the start had no time for. Damage fails the reads that meet it, too; here it is told before somebody needs them. */
  async #verify(): Promise<void> {
    try {
      while (!this.#closing && !(await this.#link.call("verify", VERIFY_MILLISECONDS)).done);
    } catch (error) {
      if (this.#closing) return;
      logger.error("The datastore is damaged: take a snapshot if that still can be done, else restore one: {error}", {
        error,
      });
    }
  }

  async get(key: string, options: ReadOptions = {}): Promise<GetResult> {
    const revision = this.#readRevision(options);
    const newest = this.#hub.revision;
    return { revision: newest, item: await abortable(this.#link.call("get", { key, revision }), options) };
  }

  async list(range: KeyRange, options: ListOptions = {}): Promise<ListResult> {
    checkRange(range);
    checkLimit(options.limit);
    const revision = this.#readRevision(options);
    const limit = options.limit ?? Infinity;
    const items: KeyValue[] = [];
    // One more than wanted tells whether there are more.
    for await (const page of this.#pages(range, revision, limit + 1, options)) {
      for (const item of page) items.push(item);
    }
    const more = items.length > limit;
    if (more) items.length = limit;
    return { revision, items, more };
  }

  /** At most `limit` items of the range as of one revision, which no compaction takes away meanwhile. */
  async *#pages(
    { start, end }: KeyRange,
    revision: number,
    limit: number,
    options: ListOptions,
  ): AsyncGenerator<readonly KeyValue[]> {
    const hold = this.#holds.acquire(revision);
    try {
      const bounds = { revision, bytes: PAGE_BYTES, keysOnly: options.keysOnly ?? false };
      for (let left = limit; left > 0;) {
        if (this.#closing) throw closedError();
        hold.check();
        const request = { ...bounds, range: { start, end }, limit: Math.min(left, PAGE_KEYS) };
        const { items, done } = await abortable(this.#link.call("list", request), options);
        if (items.length > 0) yield items;
        if (done) return;
        left -= items.length;
        start = items.at(-1)!.key + "\0";
      }
    } finally {
      hold.release();
    }
  }

  async count(range: KeyRange, options: ReadOptions = {}): Promise<{ revision: number; count: number }> {
    checkRange(range);
    const revision = this.#readRevision(options);
    return { revision, count: await this.#count(range, revision, options) };
  }

  /** In steps, between which others get their turn. */
  async #count({ start, end }: KeyRange, revision: number, options: CallOptions): Promise<number> {
    const hold = this.#holds.acquire(revision);
    try {
      for (let counted = 0;;) {
        if (this.#closing) throw closedError();
        hold.check();
        const request = { range: { start, end }, revision, limit: COUNTED_KEYS };
        const { count, last } = await abortable(this.#link.call("count", request), options);
        counted += count;
        if (count < COUNTED_KEYS) return counted;
        start = last + "\0";
      }
    } finally {
      hold.release();
    }
  }

  /** Live keys now. */
  async #keys(): Promise<number> {
    this.#firstKeys ??= (async () => {
      const { revision, added } = await this.#link.call("growth");
      return await this.#count(EVERY_KEY, revision, {}) - added;
    })();
    const first = this.#firstKeys;
    // A count that failed is made again.
    first.catch(() => this.#firstKeys = undefined);
    return await first + (await this.#link.call("growth")).added;
  }

  async commit(operations: readonly Operation[], options: CommitOptions = {}): Promise<CommitResult> {
    this.#checkWrite(options);
    checkOperations(operations);
    if (operations.length === 0) return { ok: true, revision: this.#hub.revision };
    return await this.#queue.push(operations, options.signal, (finished) => this.#finish(finished), options.held);
  }

  #finish(finished: FinishedCommit): CommitResult {
    const batch = batchOf(finished);
    if (batch) this.#hub.publish(batch);
    return resultOf(finished.reply);
  }

  watch(range: KeyRange, options: WatchOptions): AsyncIterable<WatchBatch> {
    return this.#hub.watch(range, options);
  }

  subscribe(range: KeyRange, options: WatchOptions, sink: (batch: WatchBatch) => void): Promise<Subscription> {
    return this.#hub.subscribe(range, options, sink);
  }

  async revision(options: CallOptions = {}): Promise<number> {
    this.#checkCall(options);
    return this.#hub.revision;
  }

  async compact(revision: number, options: CallOptions = {}): Promise<void> {
    this.#checkWrite(options);
    checkCompaction(revision, this.#hub.revision);
    if (revision <= this.#hub.compacted) return;
    await abortable(this.#setCompacted(revision), options);
    await abortable(this.#sweeping.run(), options);
  }

  async #setCompacted(revision: number): Promise<void> {
    await this.#link.call("setCompacted", revision);
    if (revision > this.#hub.compacted) this.#hub.compact(revision);
  }

  /** Removes what was compacted, as far as nobody reads it, in steps between which others get their turn. */
  async #sweepSteps(): Promise<void> {
    let removed = false;
    while (!this.#closing) {
      const target = this.#holds.limit(this.#hub.compacted);
      if (target > this.#swept) {
        removed = true;
        const { done } = await this.#link.call("sweep", target);
        if (done) this.#swept = target;
      } else if (!removed || (await this.#link.call("vacuum")).done) {
        return;
      }
    }
  }

  snapshot(options: CallOptions = {}): ReadableStream<Uint8Array> {
    return encodeSnapshot(this.#snapshotParts(options));
  }

  async *#snapshotParts(options: CallOptions): AsyncGenerator<SnapshotHeader | readonly KeyValue[]> {
    const revision = this.#readRevision(options);
    const hold = this.#holds.acquire(revision);
    try {
      yield { revision, keys: await this.#count(EVERY_KEY, revision, options) };
      hold.check();
      yield* this.#pages(EVERY_KEY, revision, Infinity, options);
    } finally {
      hold.release();
    }
  }

  async restore(
    snapshot: ReadableStream<Uint8Array>,
    options: CallOptions = {},
  ): Promise<{ revision: number; keys: number }> {
    this.#checkWrite(options);
    checkUnwatched(this.#hub.watchers);
    this.#restoring = true;
    this.#hub.refuse(restoringError());
    try {
      // Commits that came before the restore must not fall into its transaction.
      await this.#queue.idle();
      await this.#link.call("restoreBegin");
      const { revision, keys } = await this.#fill(snapshot, options);
      this.#hub.reset(revision, revision);
      this.#swept = revision;
      this.#firstKeys = Promise.resolve(keys);
      return { revision, keys };
    } finally {
      this.#restoring = false;
      this.#hub.refuse(this.#closing ? closedError() : undefined);
    }
  }

  async #fill(snapshot: ReadableStream<Uint8Array>, options: CallOptions): Promise<SnapshotHeader> {
    let header: SnapshotHeader | undefined;
    try {
      for await (const part of decodeSnapshot(snapshot)) {
        this.#checkCall(options);
        if ("revision" in part) header = part;
        else await this.#link.call("restoreAdd", part);
      }
      await this.#link.call("restoreEnd", header!.revision);
      return header!;
    } catch (error) {
      // Fails only when the thread is gone, and the transaction with it.
      await this.#link.call("restoreAbort").catch(() => {});
      throw error;
    }
  }

  async stats(): Promise<DatastoreStats> {
    this.#checkCall({});
    return {
      engine: "sqlite",
      durable: true,
      revision: this.#hub.revision,
      compactedRevision: this.#hub.compacted,
      keys: await this.#keys(),
      bytes: await fileSize(this.#path) + await fileSize(`${this.#path}-wal`),
      watchers: this.#hub.watchers,
    };
  }

  readonly metrics = (): DatastoreMetrics => ({
    queries: this.#link.counts.list(),
    compactionFailures: this.#sweeping.failures,
  });

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Lets `#closing` be set first: nothing new is accepted from here on.
    await Promise.resolve();
    await this.#queue.idle();
    this.#hub.close();
    await this.#sweeping.close();
    await this.#verifying;
    // Without its thread the store is as closed as after a crash.
    await this.#link.call("close").catch((error) =>
      logger.error("The datastore did not close properly: {error}", { error })
    );
    this.#link.terminate();
  }

  #checkCall({ signal }: CallOptions): void {
    if (this.#closing) throw closedError();
    signal?.throwIfAborted();
  }

  #checkWrite(options: CallOptions): void {
    this.#checkCall(options);
    if (this.#restoring) throw restoringError();
  }

  /** The revision to read at: never one that the watchers have not been told of. */
  #readRevision(options: ReadOptions): number {
    this.#checkCall(options);
    checkReadRevision(options.revision, this.#hub.revision, this.#hub.compacted);
    return options.revision ?? this.#hub.revision;
  }
}

async function fileSize(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
