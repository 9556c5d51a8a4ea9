import {
  type CallOptions,
  type CommitResult,
  type Datastore,
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
  type WatchEvent,
  type WatchOptions,
} from "../contract.ts";
import {
  checkCompaction,
  checkLimit,
  checkOperations,
  checkRange,
  checkReadRevision,
  checkUnwatched,
  closedError,
  notEmptyError,
} from "../mvcc/check.ts";
import { type Change, decide } from "../mvcc/decide.ts";
import { storeBatch } from "../mvcc/history.ts";
import { sortKey } from "../mvcc/key_order.ts";
import { OrderedMap } from "../mvcc/ordered_map.ts";
import { decodeSnapshot, encodeSnapshot, type SnapshotHeader } from "../mvcc/snapshot_format.ts";
import { WatchHub } from "../mvcc/watch_hub.ts";
import { Versions } from "./versions.ts";

const SNAPSHOT_PAGE = 256;
const COMMITS_IN_A_TURN = 64;
/** The ring is the whole history, until it is compacted. */
const UNLIMITED = { batches: Infinity, bytes: Infinity };

/** Holds everything in this process's memory: for clusters that live as long as it does, and as the oracle of the other engines' tests. */
export function openMemory(): MemoryStore {
  return new MemoryDatastore();
}

/** A store that can be doubled. */
export interface MemoryStore extends Datastore {
  /**
   * Another store with the same keys at the same revision, from then on independent. Keys and values are shared, not copied. What came before is not known to
   * it, as after a compaction. Throws `closed`.
   */
  fork(): MemoryStore;
}

function size(item: KeyValue): number {
  return item.key.length + item.value.length;
}

class MemoryDatastore implements MemoryStore {
  readonly #keys = new OrderedMap<Versions>();
  readonly #hub = new WatchHub({ revision: 1, compacted: 0, limits: UNLIMITED });
  #live = 0;
  #bytes = 0;
  #commits = 0;
  #closed = false;

  async get(key: string, options: ReadOptions = {}): Promise<GetResult> {
    this.#checkRead(options);
    const versions = this.#keys.get(sortKey(key));
    return { revision: this.#hub.revision, item: versions?.at(options.revision ?? this.#hub.revision) };
  }

  async list(range: KeyRange, options: ListOptions = {}): Promise<ListResult> {
    checkRange(range);
    checkLimit(options.limit);
    this.#checkRead(options);
    const revision = options.revision ?? this.#hub.revision;
    const items: KeyValue[] = [];
    for (const item of this.#itemsAt(range, revision)) {
      if (items.length === options.limit) return { revision, items, more: true };
      items.push(options.keysOnly ? { ...item, value: "" } : item);
    }
    return { revision, items, more: false };
  }

  async count(range: KeyRange, options: ReadOptions = {}): Promise<{ revision: number; count: number }> {
    checkRange(range);
    this.#checkRead(options);
    const revision = options.revision ?? this.#hub.revision;
    let count = 0;
    for (const _ of this.#itemsAt(range, revision)) count++;
    return { revision, count };
  }

  async commit(operations: readonly Operation[], options: CallOptions = {}): Promise<CommitResult> {
    this.#checkCall(options);
    const result = this.#commit(operations);
    // Answers of an engine that never waits form chains of microtasks: whoever commits on and on would keep timers and sockets from their turn.
    if (++this.#commits % COMMITS_IN_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    return result;
  }

  #commit(operations: readonly Operation[]): CommitResult {
    checkOperations(operations);
    const revision = this.#hub.revision + 1;
    const decision = decide(operations, revision, (key) => this.#keys.get(sortKey(key))?.newest());
    if (decision.kind === "conflict") return { ok: false, revision: this.#hub.revision, conflicts: decision.conflicts };
    if (decision.changes.length === 0) return { ok: true, revision: this.#hub.revision };
    const events = decision.changes.map((change) => this.#apply(change, revision));
    this.#hub.publish(storeBatch(revision, events, decision.changes.map(({ before }) => before)));
    return { ok: true, revision };
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
    this.#checkCall(options);
    checkCompaction(revision, this.#hub.revision);
    if (revision <= this.#hub.compacted) return;
    for (const batch of this.#hub.compact(revision)) {
      for (const { sorted } of batch.events) {
        const versions = this.#keys.get(sorted);
        if (!versions) continue;
        const { forgotten, empty } = versions.compact(revision);
        for (const item of forgotten) this.#bytes -= size(item);
        if (empty) this.#keys.delete(sorted);
      }
    }
  }

  snapshot(options: CallOptions = {}): ReadableStream<Uint8Array> {
    return encodeSnapshot(this.#snapshotParts(options));
  }

  async *#snapshotParts(options: CallOptions): AsyncGenerator<SnapshotHeader | readonly KeyValue[]> {
    this.#checkCall(options);
    const { revision } = this.#hub;
    // The items are immutable: holding their references is a consistent copy.
    const items = [...this.#itemsAt(undefined, revision)];
    yield { revision, keys: items.length };
    for (let from = 0; from < items.length; from += SNAPSHOT_PAGE) {
      options.signal?.throwIfAborted();
      yield items.slice(from, from + SNAPSHOT_PAGE);
    }
  }

  async restore(
    snapshot: ReadableStream<Uint8Array>,
    options: CallOptions = {},
  ): Promise<{ revision: number; keys: number }> {
    this.#checkEmpty(options);
    let header: SnapshotHeader | undefined;
    const items: KeyValue[] = [];
    for await (const part of decodeSnapshot(snapshot)) {
      options.signal?.throwIfAborted();
      if ("revision" in part) header = part;
      else for (const item of part) items.push(item);
    }
    this.#checkEmpty(options);
    for (const item of items) this.#put(sortKey(item.key), item.modRevision, item);
    this.#live = items.length;
    const { revision } = header!;
    // What came before the snapshot is not known, as after a compaction.
    this.#hub.reset(revision, revision);
    return { revision, keys: items.length };
  }

  fork(): MemoryStore {
    this.#checkCall({});
    const twin = new MemoryDatastore();
    const { revision } = this.#hub;
    for (const item of this.#itemsAt(undefined, revision)) twin.#put(sortKey(item.key), item.modRevision, item);
    twin.#live = this.#live;
    twin.#hub.reset(revision, revision);
    return twin;
  }

  async stats(): Promise<DatastoreStats> {
    this.#checkCall({});
    return {
      engine: "memory",
      durable: false,
      revision: this.#hub.revision,
      compactedRevision: this.#hub.compacted,
      keys: this.#live,
      bytes: this.#bytes,
      watchers: this.#hub.watchers,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#hub.close();
    this.#keys.clear();
  }

  #checkCall({ signal }: CallOptions): void {
    if (this.#closed) throw closedError();
    signal?.throwIfAborted();
  }

  #checkRead(options: ReadOptions): void {
    this.#checkCall(options);
    checkReadRevision(options.revision, this.#hub.revision, this.#hub.compacted);
  }

  #checkEmpty(options: CallOptions): void {
    this.#checkCall(options);
    if (this.#hub.revision > 1) throw notEmptyError(this.#hub.revision);
    checkUnwatched(this.#hub.watchers);
  }

  *#itemsAt(range: KeyRange | undefined, revision: number): Generator<KeyValue> {
    // In sort order only the second half of a surrogate pair becomes U+FFFF: no key starts with it.
    const end = range ? sortKey(range.end) : "\uffff";
    for (const versions of this.#keys.range(range ? sortKey(range.start) : "", end)) {
      const item = versions.at(revision);
      if (item) yield item;
    }
  }

  #apply({ operation, before, createRevision, version }: Change<KeyValue>, revision: number): WatchEvent {
    const { key } = operation;
    const sorted = sortKey(key);
    if (operation.kind === "put") {
      const item: KeyValue = { key, value: operation.value, createRevision, modRevision: revision, version };
      this.#put(sorted, revision, item);
      if (!before) this.#live++;
      return { kind: "put", item };
    }
    this.#keys.get(sorted)!.add(revision, undefined);
    this.#live--;
    return { kind: "delete", key, revision };
  }

  #put(sorted: string, revision: number, item: KeyValue): void {
    let versions = this.#keys.get(sorted);
    if (!versions) this.#keys.set(sorted, versions = new Versions());
    versions.add(revision, item);
    this.#bytes += size(item);
  }
}
