import {
  type CallOptions,
  type CommitResult,
  type Datastore,
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
import { getLogger } from "@logtape/logtape";
import { abortable } from "../mvcc/abortable.ts";
import { Arrivals } from "../mvcc/arrivals.ts";
import {
  checkCompaction,
  checkLimit,
  checkOperations,
  checkRange,
  checkReadRevision,
  checkUnwatched,
  closedError,
  compactedError,
  EVERY_KEY,
  restoringError,
  wentBackError,
} from "../mvcc/check.ts";
import { CommitQueue } from "../mvcc/commit_queue.ts";
import { batchOf, resultOf } from "../mvcc/commit_reply.ts";
import type { HistoryLimits } from "../mvcc/history.ts";
import { Holds } from "../mvcc/holds.ts";
import { BatchCollector, itemOf } from "../mvcc/log_rows.ts";
import { PageSize } from "../mvcc/page_size.ts";
import { lastId } from "../mvcc/row_id.ts";
import { encodeSnapshot, type SnapshotHeader } from "../mvcc/snapshot_format.ts";
import { WatchHub } from "../mvcc/watch_hub.ts";
import type { Address, Parameter, StatementName } from "./connection.ts";
import { Follower } from "./follower.ts";
import { Listener } from "./listener.ts";
import type { Found, Position, Reads } from "./reads.ts";
import { restoreInto } from "./restore.ts";
import { Sweeper } from "./sweeper.ts";
import { Writer } from "./writer.ts";

const logger = getLogger(["skiff", "datastore"]);

/** Calls wait so long for the watch to come to their revision. */
const ARRIVAL_MILLISECONDS = 10_000;
/** Of one read of the history: rows, more than one revision has, and about so many bytes. */
const HISTORY_ROWS = 1000;
const HISTORY_BYTES = 1024 * 1024;
/** Above every row. */
const NEWEST = Number.MAX_SAFE_INTEGER;

export interface Opened {
  readonly address: Address;
  /** What processes on this store notify each other by. */
  readonly channel: string;
  readonly reads: Reads;
  readonly position: Position;
  readonly ring: HistoryLimits;
}

interface Admission {
  /** The read goes on where it was let in before: what was compacted since is held for it. */
  readonly isAdmitted?: boolean;
}

/**
 * The contract over a log table in PostgreSQL, which several processes may share. Every call is answered once this process has seen the log up to
 * the call's revision: what a caller reads, caches that are fed by a subscription have as well.
 */
export class PostgresDatastore implements Datastore {
  readonly #address: Address;
  readonly #channel: string;
  readonly #reads: Reads;
  readonly #hub: WatchHub;
  readonly #arrivals: Arrivals;
  readonly #follower: Follower;
  readonly #writer: Writer;
  readonly #queue: CommitQueue;
  readonly #listener: Listener;
  readonly #holds = new Holds(() => Date.now(), () => this.#sweeper.advance());
  readonly #sweeper: Sweeper;
  #restoring = false;
  #closing: Promise<void> | undefined;

  constructor({ address, channel, reads, position: { revision, compacted }, ring }: Opened) {
    this.#address = address;
    this.#channel = channel;
    this.#reads = reads;
    this.#arrivals = new Arrivals(revision, ARRIVAL_MILLISECONDS);
    this.#hub = new WatchHub({
      revision,
      compacted,
      limits: ring,
      settled: () => Promise.all([this.#queue.settled(), this.#follower.settled()]).then(() => {}),
      refresh: () => this.revision(),
      readHistory: async ({ range, after, previous }) => {
        const { position, ...changes } = await this.#changes(range, after, this.#hub.revision, previous);
        if (position.removed > after) throw compactedError(after, position.compacted);
        return changes;
      },
    });
    this.#follower = new Follower({
      hub: this.#hub,
      arrivals: this.#arrivals,
      read: (after, through, previous) => this.#changes(EVERY_KEY, after, through, previous),
      failed: (error) => {
        if (!this.#closing) logger.warn("Changes by others could not be read: {error}", { error });
      },
    });
    const advanced = (revision: number) => this.#follower.advance(revision);
    this.#writer = new Writer({ address, channel, advanced });
    this.#queue = new CommitQueue({
      write: (group) => this.#writer.write(group),
      wantsPrevious: () => this.#hub.wantsPrevious,
    });
    this.#listener = new Listener({ address, channel, advanced, isOwn: (processId) => this.#writer.isOwn(processId) });
    this.#sweeper = new Sweeper(address, this.#holds, compacted);
  }

  /** Begins to hear what others commit. */
  async start(): Promise<void> {
    await this.#listener.start();
    // A compaction that a crash has cut short.
    this.#sweeper.advance();
  }

  async get(key: string, options: ReadOptions = {}): Promise<GetResult> {
    const { revision } = options;
    const { position, rows: [row] } = await this.#read("get", [bound(key), newestId(revision)], options);
    return {
      revision: position.revision,
      item: row && row[4] === 0 ? itemOf(row, row[5] as string) : undefined,
    };
  }

  async list(range: KeyRange, options: ListOptions = {}): Promise<ListResult> {
    checkRange(range);
    checkLimit(options.limit);
    const limit = options.limit ?? Infinity;
    const items: KeyValue[] = [];
    let revision = 0;
    // One more than wanted tells whether there are more.
    for await (const page of this.#pages(range, limit + 1, options)) {
      revision = page.revision;
      for (const item of page.items) items.push(item);
    }
    const more = items.length > limit;
    if (more) items.length = limit;
    return { revision, items, more };
  }

  /** At least one page: at most `limit` items of the range, all as of one revision, which no compaction of ours takes away meanwhile. */
  async *#pages(
    { start, end }: KeyRange,
    limit: number,
    options: ListOptions & Admission,
  ): AsyncGenerator<{ items: readonly KeyValue[]; revision: number }> {
    const { keysOnly = false } = options;
    let { isAdmitted = false } = options;
    let { revision } = options;
    const hold = this.#holds.acquire(revision ?? this.#hub.revision);
    const size = new PageSize();
    try {
      for (let left = limit; left > 0; isAdmitted = true) {
        if (this.#closing) throw closedError();
        hold.check();
        const page = size.next(left);
        const parameters = [bound(start), bound(end), newestId(revision), newestId(revision), page];
        const read = { ...options, ...revision !== undefined && { revision }, isAdmitted };
        const { position, rows } = await this.#read(keysOnly ? "listKeys" : "list", parameters, read);
        revision ??= position.revision;
        const items = rows.map((row) => itemOf(row, keysOnly ? "" : row[4] as string));
        yield { items, revision };
        if (items.length < page) return;
        left -= items.length;
        size.saw(items);
        start = `${items.at(-1)!.key}\0`;
      }
    } finally {
      hold.release();
    }
  }

  async count(range: KeyRange, options: ReadOptions = {}): Promise<{ revision: number; count: number }> {
    checkRange(range);
    const newest = newestId(options.revision);
    const { position, rows } = await this.#read(
      "count",
      [bound(range.start), bound(range.end), newest, newest],
      options,
    );
    return { revision: options.revision ?? position.revision, count: rows[0]![0] as number };
  }

  async commit(operations: readonly Operation[], options: CallOptions = {}): Promise<CommitResult> {
    this.#checkWrite(options);
    checkOperations(operations);
    if (operations.length === 0) return { ok: true, revision: await this.revision(options) };
    const result = await this.#queue.push(operations, options.signal, (finished) => {
      const batch = batchOf(finished);
      if (batch) this.#follower.offer(batch);
      return resultOf(finished.reply);
    });
    await this.#arrived(result.revision);
    return result;
  }

  watch(range: KeyRange, options: WatchOptions): AsyncIterable<WatchBatch> {
    return this.#hub.watch(range, options);
  }

  subscribe(range: KeyRange, options: WatchOptions, sink: (batch: WatchBatch) => void): Promise<Subscription> {
    return this.#hub.subscribe(range, options, sink);
  }

  async revision(options: CallOptions = {}): Promise<number> {
    return (await this.#read("position", [], options)).position.revision;
  }

  async compact(revision: number, options: CallOptions = {}): Promise<void> {
    this.#checkWrite(options);
    checkCompaction(revision, Infinity);
    checkCompaction(revision, await this.revision(options));
    if (revision <= this.#hub.compacted) return;
    await this.#reads.rows("setCompacted", [revision], options);
    if (revision > this.#hub.compacted) this.#hub.compact(revision);
    await abortable(this.#sweeper.sweep(revision), options);
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
      for await (const { items } of this.#pages(EVERY_KEY, Infinity, { ...options, revision, isAdmitted: true })) {
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
      await this.#queue.idle();
      const { revision, keys } = await restoreInto(
        { address: this.#address, channel: this.#channel },
        snapshot,
        options,
      );
      // Whoever listens, this process too, finds that the changes up to the snapshot's revision are not there.
      await this.#arrived(revision);
      return { revision, keys };
    } finally {
      this.#restoring = false;
      this.#hub.refuse(this.#closing ? closedError() : undefined);
    }
  }

  async stats(): Promise<DatastoreStats> {
    this.#checkCall({});
    const [{ revision, count }, [[bytes] = []]] = await Promise.all([
      this.count(EVERY_KEY),
      this.#reads.rows("bytes", []),
    ]);
    return {
      engine: "postgres",
      durable: true,
      revision,
      compactedRevision: this.#hub.compacted,
      keys: count,
      bytes: bytes as number,
      watchers: this.#hub.watchers,
    };
  }

  readonly metrics = (): DatastoreMetrics => ({
    queries: this.#address.counts.list(),
    compactionFailures: this.#sweeper.failures,
  });

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Lets `#closing` be set first: nothing new is accepted from here on.
    await Promise.resolve();
    await this.#queue.idle();
    await this.#follower.settled();
    this.#hub.close();
    this.#arrivals.fail(closedError());
    await Promise.all([this.#sweeper.close(), this.#listener.close(), this.#writer.close(), this.#reads.close()]);
  }

  async #read(
    name: StatementName,
    parameters: readonly Parameter[],
    options: ReadOptions & Admission,
  ): Promise<Found> {
    this.#checkCall(options);
    const { revision, isAdmitted = false } = options;
    if (!isAdmitted) checkReadRevision(revision, Infinity, this.#hub.compacted);
    const before = this.#hub.revision;
    const found = await this.#reads.find(name, parameters, options);
    const { position } = found;
    if (position.revision < before) this.#goBack(position);
    await this.#arrived(position.revision);
    if (!isAdmitted) {
      if (position.compacted > this.#hub.compacted) this.#hub.compact(position.compacted);
      checkReadRevision(revision, position.revision, position.compacted);
    } else if (revision !== undefined && revision < position.removed) {
      throw compactedError(revision, position.compacted);
    }
    return found;
  }

  /** What was told to watchers is not the database's past any more. */
  #goBack({ revision, compacted }: Position): void {
    const error = wentBackError(this.#hub.revision, revision);
    logger.error("{message}", { message: error.message });
    this.#arrivals.goBack(revision);
    this.#follower.goBack();
    this.#hub.lose(revision, compacted, error);
  }

  /** Resolves when the watchers were told of everything up to the revision. */
  async #arrived(revision: number): Promise<void> {
    this.#follower.advance(revision);
    await this.#arrivals.wait(revision);
  }

  async #changes(range: KeyRange, after: number, through: number, previous: boolean) {
    const { position, rows } = await this.#reads.find(previous ? "historyWithPrevious" : "history", [
      lastId(after),
      lastId(through),
      bound(range.start),
      bound(range.end),
      HISTORY_ROWS,
    ]);
    const collector = new BatchCollector(HISTORY_BYTES);
    for (const row of rows) {
      if (!collector.add(row)) return { batches: collector.finish(), through: collector.revision, position };
    }
    const batches = collector.finish();
    if (rows.length < HISTORY_ROWS) return { batches, through, position };
    // The last revision may go on in the rows that were not read.
    batches.pop();
    return { batches, through: collector.revision - 1, position };
  }

  #checkCall({ signal }: CallOptions): void {
    if (this.#closing) throw closedError();
    signal?.throwIfAborted();
  }

  #checkWrite(options: CallOptions): void {
    this.#checkCall(options);
    if (this.#restoring) throw restoringError();
  }
}

/** The last row that a read as of the revision may see. */
function newestId(revision: number | undefined): number {
  return revision === undefined ? NEWEST : lastId(Math.max(0, Math.floor(revision) || 0));
}

/** PostgreSQL takes no NUL. No key has one either, so that the first text behind those with it bounds the same keys. */
function bound(text: string): string {
  const at = text.indexOf("\0");
  return at < 0 ? text : `${text.slice(0, at)}\x01`;
}
