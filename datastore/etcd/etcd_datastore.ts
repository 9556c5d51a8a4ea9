import { getLogger } from "@logtape/logtape";
import {
  type CallOptions,
  type CommitResult,
  type Conflict,
  type Datastore,
  DatastoreError,
  type DatastoreMetrics,
  type DatastoreStats,
  type GetResult,
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
import { Arrivals } from "../mvcc/arrivals.ts";
import {
  checkCompaction,
  checkLimit,
  checkOperations,
  checkRange,
  checkReadRevision,
  checkUnwatched,
  closedError,
  EVERY_KEY,
  notEmptyError,
  restoringError,
  wentBackError,
} from "../mvcc/check.ts";
import type { HistoryLimits } from "../mvcc/history.ts";
import { Holds } from "../mvcc/holds.ts";
import { PageSize } from "../mvcc/page_size.ts";
import { encodeSnapshot, type SnapshotHeader } from "../mvcc/snapshot_format.ts";
import { WatchHub } from "../mvcc/watch_hub.ts";
import type { EtcdChannel } from "./channel.ts";
import { Compaction } from "./compaction.ts";
import { number } from "./descriptor.ts";
import { Feed } from "./feed.ts";
import { readHistory } from "./history.ts";
import type { KeySpace } from "./keys.ts";
import {
  EQUAL,
  MOD,
  RANGE,
  type RangeRequest,
  type RangeResponse,
  type RequestOp,
  STATUS,
  TXN,
  type TxnResponse,
} from "./messages.ts";
import { readSnapshot, replay } from "./restore.ts";

const logger = getLogger(["skiff", "datastore"]);

/** Reads and writes wait so long for the watch to come to their revision. */
const ARRIVAL_MILLISECONDS = 10_000;
/** Who closes waits so long for commits that etcd does not answer. */
const CLOSE_MILLISECONDS = 1_000;

export interface Opened {
  readonly channel: EtcdChannel;
  readonly keys: KeySpace;
  readonly revision: number;
  readonly compacted: number;
  readonly ring: HistoryLimits;
}

/**
 * The contract over etcd, whose semantics it has. Every call is answered once the watch of this process has come to the call's revision:
 * what a caller reads, caches that are fed by a subscription have as well.
 */
export class EtcdDatastore implements Datastore {
  readonly #channel: EtcdChannel;
  readonly #keys: KeySpace;
  readonly #hub: WatchHub;
  readonly #arrivals: Arrivals;
  #feed: Feed;
  readonly #compaction: Compaction;
  readonly #holds = new Holds(() => Date.now(), () => this.#compaction.advance());
  readonly #commits = new Set<Promise<unknown>>();
  #restoring = false;
  #closing: Promise<void> | undefined;

  constructor({ channel, keys, revision, compacted, ring }: Opened) {
    this.#channel = channel;
    this.#keys = keys;
    this.#arrivals = new Arrivals(revision, ARRIVAL_MILLISECONDS);
    this.#hub = new WatchHub({
      revision,
      compacted,
      limits: ring,
      refresh: () => this.revision(),
      readHistory: (query) => readHistory(channel, keys, query, this.#hub.revision),
    });
    this.#compaction = new Compaction(channel, this.#holds, compacted);
    this.#feed = this.#newFeed();
  }

  #newFeed(): Feed {
    const hub = this.#hub;
    return new Feed({
      channel: this.#channel,
      keys: this.#keys,
      hub,
      arrived: () => this.#arrivals.reach(hub.revision),
      lost: async ({ error, compacted }) => {
        const { header } = await this.#channel.call(RANGE, this.#probe());
        hub.lose(number(header.revision), compacted, error);
      },
    });
  }

  async get(key: string, options: ReadOptions = {}): Promise<GetResult> {
    this.#checkRead(options);
    const { revision = 0 } = options;
    const { header, kvs } = await this.#range({ key: this.#keys.outer(key), revision }, options);
    return { revision: number(header.revision), item: kvs[0] && this.#keys.item(kvs[0]) };
  }

  async list(range: KeyRange, options: ListOptions = {}): Promise<ListResult> {
    checkRange(range);
    checkLimit(options.limit);
    this.#checkRead(options);
    const items: KeyValue[] = [];
    let [revision, more] = [0, false];
    for await (const page of this.#pages(range, options.limit ?? Infinity, options)) {
      ({ revision, more } = page);
      for (const item of page.items) items.push(item);
    }
    return { revision, items, more };
  }

  /** At least one page: at most `limit` items of the range, all as of one revision, which no compaction of ours takes away meanwhile. */
  async *#pages(
    range: KeyRange,
    limit: number,
    options: ListOptions,
  ): AsyncGenerator<{ items: readonly KeyValue[]; revision: number; more: boolean }> {
    const hold = this.#holds.acquire(options.revision ?? this.#hub.revision);
    try {
      let { revision } = options;
      const size = new PageSize();
      for (let bounds = this.#keys.range(range), left = limit;;) {
        if (this.#closing) throw closedError();
        hold.check();
        const request: RangeRequest = bounds
          ? { ...bounds, limit: size.next(left), keysOnly: options.keysOnly ?? false }
          : this.#probe();
        const response = await this.#range({ ...request, revision: revision ?? 0 }, options);
        revision ??= number(response.header.revision);
        const items = response.kvs.map((kv) => this.#keys.item(kv));
        yield { items, revision, more: response.more };
        left -= items.length;
        if (!response.more || left === 0) return;
        size.saw(items);
        bounds = this.#keys.range({ start: `${items.at(-1)!.key}\0`, end: range.end });
      }
    } finally {
      hold.release();
    }
  }

  async count(range: KeyRange, options: ReadOptions = {}): Promise<{ revision: number; count: number }> {
    checkRange(range);
    this.#checkRead(options);
    const bounds = this.#keys.range(range);
    const { revision = 0 } = options;
    const { header, count } = await this.#range({ ...bounds ?? this.#probe(), revision, countOnly: true }, options);
    return { revision: options.revision ?? number(header.revision), count: bounds ? number(count) : 0 };
  }

  async commit(operations: readonly Operation[], options: CallOptions = {}): Promise<CommitResult> {
    this.#checkWrite(options);
    checkOperations(operations);
    if (operations.length === 0) return { ok: true, revision: await this.revision(options) };
    const commit = this.#commit(operations, options);
    this.#commits.add(commit);
    try {
      return await commit;
    } finally {
      this.#commits.delete(commit);
    }
  }

  async #commit(operations: readonly Operation[], { signal }: CallOptions): Promise<CommitResult> {
    const expecting = operations.flatMap(({ key, expect }, index) =>
      expect === undefined ? [] : [{ key: this.#keys.outer(key), expect, index }]
    );
    const response = await this.#channel.call(TXN, {
      compare: expecting.map(({ key, expect }) => ({ result: EQUAL, target: MOD, key, modRevision: expect })),
      success: operations.map((operation): RequestOp => {
        const key = this.#keys.outer(operation.key);
        return operation.kind === "put" ? { put: { key, value: operation.value } } : { deleteRange: { key } };
      }),
      failure: expecting.map(({ key }) => ({ range: { key } })),
    }, { ...signal && { signal }, write: true });
    const revision = number(response.header.revision);
    try {
      await this.#arrivals.wait(revision);
    } catch (error) {
      if (!response.succeeded) throw error;
      const message = `the write happened at revision ${revision}, but the watch did not see it in time`;
      throw new DatastoreError("unknownOutcome", message, { cause: error });
    }
    if (response.succeeded) return { ok: true, revision };
    return { ok: false, revision, conflicts: this.#conflicts(expecting, response) };
  }

  #conflicts(
    expecting: readonly { readonly index: number; readonly expect: number }[],
    { responses }: TxnResponse,
  ): Conflict[] {
    return expecting.flatMap(({ index, expect }, i) => {
      const [kv] = responses[i]!.range.kvs;
      const actual = kv && this.#keys.item(kv);
      return (actual?.modRevision ?? 0) === expect ? [] : [{ index, actual }];
    });
  }

  watch(range: KeyRange, options: WatchOptions): AsyncIterable<WatchBatch> {
    return this.#hub.watch(range, options);
  }

  subscribe(range: KeyRange, options: WatchOptions, sink: (batch: WatchBatch) => void): Promise<Subscription> {
    return this.#hub.subscribe(range, options, sink);
  }

  async revision(options: CallOptions = {}): Promise<number> {
    this.#checkCall(options);
    const { header } = await this.#range(this.#probe(), options);
    return number(header.revision);
  }

  async compact(revision: number, options: CallOptions = {}): Promise<void> {
    this.#checkWrite(options);
    checkCompaction(revision, Infinity);
    checkCompaction(revision, await this.revision(options));
    if (revision <= this.#hub.compacted) return;
    await this.#compaction.to(revision, options);
    if (revision > this.#hub.compacted) this.#hub.compact(revision);
  }

  snapshot(options: CallOptions = {}): ReadableStream<Uint8Array> {
    return encodeSnapshot(this.#snapshotParts(options));
  }

  async *#snapshotParts(options: CallOptions): AsyncGenerator<SnapshotHeader | readonly KeyValue[]> {
    this.#checkCall(options);
    const hold = this.#holds.acquire(this.#hub.revision);
    try {
      const { revision, count } = await this.count(EVERY_KEY, options);
      yield { revision, keys: count };
      for await (const { items } of this.#pages(EVERY_KEY, Infinity, { ...options, revision })) {
        hold.check();
        if (items.length > 0) yield items;
      }
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
      const current = await this.revision(options);
      if (current > 1) throw notEmptyError(current);
      const content = await readSnapshot(snapshot, options);
      const { revision, keys } = content.header;
      // Nobody watches, and each revision would come back.
      this.#feed.close();
      await replay(this.#channel, this.#keys, content, options);
      await this.#compaction.to(revision, options);
      this.#hub.reset(revision, revision);
      this.#arrivals.reach(revision);
      return { revision, keys };
    } finally {
      this.#feed.close();
      if (!this.#closing) this.#feed = this.#newFeed();
      this.#restoring = false;
      this.#hub.refuse(this.#closing ? closedError() : undefined);
    }
  }

  async stats(): Promise<DatastoreStats> {
    this.#checkCall({});
    const [{ revision, count }, { dbSize }, compacted] = await Promise.all([
      this.count(EVERY_KEY),
      this.#channel.call(STATUS, {}),
      this.#compaction.learn(this.#keys),
    ]);
    if (compacted > this.#hub.compacted) this.#hub.compact(Math.min(compacted, this.#hub.revision));
    return {
      engine: "etcd",
      durable: true,
      revision,
      compactedRevision: this.#hub.compacted,
      keys: count,
      bytes: number(dbSize),
      watchers: this.#hub.watchers,
    };
  }

  readonly metrics = (): DatastoreMetrics => ({
    queries: this.#channel.counts.list(),
    compactionFailures: this.#compaction.failures,
  });

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Lets `#closing` be set first: nothing new is accepted from here on.
    await Promise.resolve();
    await this.#commitsDone();
    this.#hub.close();
    this.#feed.close();
    this.#arrivals.fail(closedError());
    await this.#compaction.close();
    this.#channel.close();
  }

  /** Those that etcd does not answer, as without a majority of its members, are given up: the channel's end tells them so. */
  async #commitsDone(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const enough = new Promise<void>((resolve) => timer = setTimeout(resolve, CLOSE_MILLISECONDS));
    await Promise.race([Promise.allSettled(this.#commits), enough]);
    clearTimeout(timer);
  }

  /** Asks for the revision, and nothing else. */
  #probe(): RangeRequest {
    return { key: this.#keys.filler, countOnly: true };
  }

  async #range(request: RangeRequest, { signal }: CallOptions): Promise<RangeResponse> {
    const before = this.#hub.revision;
    const response = await this.#channel.call(RANGE, request, { ...signal && { signal } });
    const revision = number(response.header.revision);
    if (revision < before) this.#goBack(revision);
    await this.#arrivals.wait(revision);
    return response;
  }

  /** What was told to watchers is not etcd's past any more. */
  #goBack(revision: number): void {
    const error = wentBackError(this.#hub.revision, revision);
    logger.error("{message}", { message: error.message });
    this.#arrivals.goBack(revision);
    this.#hub.lose(revision, Math.min(this.#hub.compacted, revision), error);
    this.#feed.close();
    this.#feed = this.#newFeed();
  }

  #checkCall({ signal }: CallOptions): void {
    if (this.#closing) throw closedError();
    signal?.throwIfAborted();
  }

  /** Whether a revision was reached, etcd itself knows best. */
  #checkRead(options: ReadOptions): void {
    this.#checkCall(options);
    checkReadRevision(options.revision, Infinity, this.#hub.compacted);
  }

  #checkWrite(options: CallOptions): void {
    this.#checkCall(options);
    if (this.#restoring) throw restoringError();
  }
}
