/**
 * The store under the API server: etcd's semantics at the size Kubernetes needs.
 *
 * **Revisions.** One counter for the whole store, starting at 1 for an empty one. Every commit that changes something takes
 * the next revision; all its operations share it. Revisions are handed out in commit order without holes.
 *
 * **Durability.** A resolved `commit` survives a crash of the process and of the machine (engines that hold nothing on disk say
 * `durable: false` in their stats), unless its caller allowed the engine to hold it ({@linkcode CommitOptions.held}).
 *
 * **Ordering.** Watchers see events in revision order, all events of a revision in one batch. The batch of a commit is handed to the
 * watchers of the same process *before* that commit's promise resolves: who has waited for a write finds it in any cache that
 * is fed by a watch.
 *
 * **Ownership.** Keys and values are strings, immutable; the caller may keep what it gets.
 *
 * **Errors.** Every method rejects with a {@linkcode DatastoreError}, or with the signal's reason when it was aborted. A failed write
 * left nothing behind, unless the reason is `unknownOutcome` (the connection broke between request and answer).
 */
export interface Datastore {
  /** The newest value of a key, or the one at `revision`. */
  get(key: string, options?: ReadOptions): Promise<GetResult>;

  /** Keys in `range` in byte order of their UTF-8 form, with their values unless `keysOnly`. */
  list(range: KeyRange, options?: ListOptions): Promise<ListResult>;

  /** How many keys `range` holds. */
  count(range: KeyRange, options?: ReadOptions): Promise<{ readonly revision: number; readonly count: number }>;

  /**
   * Applies all operations at one revision, or none. At most {@linkcode MAX_OPERATIONS} operations, each key at most once.
   * A deletion of a key that is not there, without `expect`, changes nothing; a commit that changes nothing takes no revision.
   */
  commit(operations: readonly Operation[], options?: CommitOptions): Promise<CommitResult>;

  /** Of an engine that can hold commits; without it every commit is on the disk when it is answered. */
  readonly holding?: Holding;

  /**
   * Events after `options.after` (exclusive; the revision of a previous read), then live ones, until the signal aborts (the iteration then ends
   * without an error). Rejects with `compacted` when `after` is older than the compaction, and with `slowWatcher` when the consumer
   * left more than {@linkcode MAX_WATCH_BACKLOG} bytes unread: it must list again.
   */
  watch(range: KeyRange, options: WatchOptions): AsyncIterable<WatchBatch>;

  /**
   * The same events, pushed: `sink` runs synchronously in revision order and must not throw or block. For caches in the same process, whose
   * state then is up to date when `commit` resolves. Resolves once the watch is registered and everything up to the current revision was delivered.
   */
  subscribe(range: KeyRange, options: WatchOptions, sink: (batch: WatchBatch) => void): Promise<Subscription>;

  /** The newest revision that any finished commit took. For an engine shared with other processes, a linearizable read. */
  revision(options?: CallOptions): Promise<number>;

  /**
   * Forgets what only reads at revisions below `revision` could see. Reads below it fail with `compacted`. Compacting at or below an earlier compaction
   * does nothing; above the newest revision it is `futureRevision`.
   */
  compact(revision: number, options?: CallOptions): Promise<void>;

  /** A consistent copy of the live keys as of one revision, as {@linkcode restore}'s input: newline-delimited JSON, a header line first. */
  snapshot(options?: CallOptions): ReadableStream<Uint8Array>;

  /**
   * Fills an empty store from a snapshot of any engine, keeping revisions, creation revisions and versions. Rejects with `notEmpty`, or `corrupt`
   * (naming the line), and then leaves the store empty.
   */
  restore(
    snapshot: ReadableStream<Uint8Array>,
    options?: CallOptions,
  ): Promise<{ readonly revision: number; readonly keys: number }>;

  stats(): Promise<DatastoreStats>;

  /** What happened since the store was opened, at once; absent where nothing is counted. */
  readonly metrics?: () => DatastoreMetrics;

  /** Waits for running commits, ends all watches, releases files and threads. Later calls reject with `closed`. Idempotent. */
  close(): Promise<void>;
}

/** Half-open: `start` ≤ key < `end`. */
export interface KeyRange {
  readonly start: string;
  readonly end: string;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface CommitOptions extends CallOptions {
  /**
   * The commit may be answered before it is on the disk. It is seen by reads and watches as any other, and goes to the disk with the next
   * commit that is not held, at the latest with {@linkcode Holding.checkpoint} or `close`: what a crash takes away are always the newest commits, all of them
   * held. Their revisions are not given out again; the store then is compacted to its new revision, so that who has seen them lists again.
   */
  readonly held?: boolean;
}

/** What a store that holds writes back can say of them. */
export interface Holding {
  /** Writes what is held to the disk. */
  checkpoint(options?: CallOptions): Promise<void>;
  /** Changes that are held, and bytes that the engine has written to the disk since it was opened where that can be known. */
  usage(): Promise<{ readonly held: number; readonly writtenBytes: number | undefined }>;
}

export interface ReadOptions extends CallOptions {
  /** Read as of this revision; the newest when absent. */
  readonly revision?: number;
}

export interface ListOptions extends ReadOptions {
  /** At most so many keys; all when absent. */
  readonly limit?: number;
  /** Leave out values (`value` is then `""`). */
  readonly keysOnly?: boolean;
}

export interface WatchOptions extends CallOptions {
  /** Deliver what came after this revision. */
  readonly after: number;
  /** Fill `previous` of the events. */
  readonly previous?: boolean;
  /**
   * For `subscribe`: called once if the subscription ends because events were lost, with `compacted` (a shared store was away for longer than its
   * history). Who holds a cache must list and subscribe again.
   */
  readonly onLost?: (error: DatastoreError) => void;
}

export interface KeyValue {
  readonly key: string;
  readonly value: string;
  /** Revision of the commit that made the key. */
  readonly createRevision: number;
  /** Revision of its newest change. */
  readonly modRevision: number;
  /** 1 when made, one more with each change. */
  readonly version: number;
}

export interface GetResult {
  /** The store's revision at the time of the read. */
  readonly revision: number;
  readonly item: KeyValue | undefined;
}

export interface ListResult {
  readonly revision: number;
  readonly items: readonly KeyValue[];
  /** Keys of the range were left out because of `limit`; go on from the last key + `"\0"` at the same revision. */
  readonly more: boolean;
}

/**
 * One change. `expect` is the mod-revision that the key must have, 0 for "must not exist", absent for "whatever it is".
 */
export type Operation =
  | { readonly kind: "put"; readonly key: string; readonly value: string; readonly expect?: number }
  | { readonly kind: "delete"; readonly key: string; readonly expect?: number };

export type CommitResult =
  | { readonly ok: true; readonly revision: number }
  /** Nothing was changed; `conflicts` are the operations (by index) whose expectation failed, with what the key really is. */
  | { readonly ok: false; readonly revision: number; readonly conflicts: readonly Conflict[] };

export interface Conflict {
  readonly index: number;
  readonly actual: KeyValue | undefined;
}

export type WatchEvent =
  | { readonly kind: "put"; readonly item: KeyValue; readonly previous?: KeyValue }
  /** `revision` is that of the deletion. */
  | { readonly kind: "delete"; readonly key: string; readonly revision: number; readonly previous?: KeyValue };

export interface WatchBatch {
  readonly revision: number;
  /** Empty for a progress mark: nothing in the range changed up to `revision`. */
  readonly events: readonly WatchEvent[];
}

/** A running {@linkcode Datastore.subscribe}; closing it twice does no harm. */
export interface Subscription {
  close(): void;
}

export interface DatastoreStats {
  readonly engine: string;
  readonly durable: boolean;
  readonly revision: number;
  readonly compactedRevision: number;
  readonly keys: number;
  /** Bytes on disk (or held, for memory), the write-ahead log included. */
  readonly bytes: number;
  readonly watchers: number;
}

/** Upper bounds of the buckets of {@linkcode QueryStatistics.within}. */
export const QUERY_SECONDS: readonly number[] = [0.0001, 0.0005, 0.001, 0.005, 0.025, 0.1, 0.25, 1, 5];

/** Of one query: SQL has the names of `queries.ts`, etcd those of its methods. */
export interface QueryStatistics {
  readonly query: string;
  readonly count: number;
  readonly errors: number;
  /** Sum of all. */
  readonly seconds: number;
  /** How many took at most as long as each of {@linkcode QUERY_SECONDS}. */
  readonly within: readonly number[];
}

export interface DatastoreMetrics {
  readonly queries: readonly QueryStatistics[];
  /** Times that the removal of what was compacted has stopped with an error; it goes on by itself. */
  readonly compactionFailures: number;
}

/** Operations of one commit. */
export const MAX_OPERATIONS = 128;
/** Bytes of one value; the API server's own limit on bodies is smaller. */
export const MAX_VALUE_BYTES = 4 * 1024 * 1024;
/** Bytes that a watcher may leave unread before it is dropped. */
export const MAX_WATCH_BACKLOG = 16 * 1024 * 1024;

export type DatastoreReason =
  /** The revision asked for is older than the compaction. */
  | "compacted"
  /** The revision asked for has not been reached. */
  | "futureRevision"
  | "invalidArgument"
  /** No room on the disk, or the file system went read-only: reads go on, writes fail until there is room. */
  | "storageFull"
  | "readOnly"
  /** The file is damaged; the message names it. */
  | "corrupt"
  /** Another process has the store open. */
  | "locked"
  | "notEmpty"
  | "slowWatcher"
  | "unavailable"
  | "unknownOutcome"
  | "closed";

/** What a datastore could not do; `reason` is for programs, the message for people. */
export class DatastoreError extends Error {
  override readonly name = "DatastoreError";
  constructor(readonly reason: DatastoreReason, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** The range of all keys that start with `prefix`. */
export function prefixRange(prefix: string): KeyRange {
  // U+10FFFF sorts behind every key in UTF-8: Kubernetes' keys are ASCII.
  return { start: prefix, end: prefix + "\u{10FFFF}" };
}
