import type {
  CallOptions,
  CommitOptions,
  CommitResult,
  Datastore,
  DatastoreStats,
  GetResult,
  KeyRange,
  ListOptions,
  ListResult,
  Operation,
  ReadOptions,
  Subscription,
  WatchBatch,
  WatchOptions,
} from "./contract.ts";

/** Does what the store below it does: for stores that change some of that. */
export class DelegatingDatastore implements Datastore {
  readonly #store: Datastore;

  constructor(store: Datastore) {
    this.#store = store;
  }

  get(key: string, options?: ReadOptions): Promise<GetResult> {
    return this.#store.get(key, options);
  }

  list(range: KeyRange, options?: ListOptions): Promise<ListResult> {
    return this.#store.list(range, options);
  }

  count(range: KeyRange, options?: ReadOptions): Promise<{ readonly revision: number; readonly count: number }> {
    return this.#store.count(range, options);
  }

  commit(operations: readonly Operation[], options?: CommitOptions): Promise<CommitResult> {
    return this.#store.commit(operations, options);
  }

  watch(range: KeyRange, options: WatchOptions): AsyncIterable<WatchBatch> {
    return this.#store.watch(range, options);
  }

  subscribe(range: KeyRange, options: WatchOptions, sink: (batch: WatchBatch) => void): Promise<Subscription> {
    return this.#store.subscribe(range, options, sink);
  }

  revision(options?: CallOptions): Promise<number> {
    return this.#store.revision(options);
  }

  compact(revision: number, options?: CallOptions): Promise<void> {
    return this.#store.compact(revision, options);
  }

  snapshot(options?: CallOptions): ReadableStream<Uint8Array> {
    return this.#store.snapshot(options);
  }

  restore(
    snapshot: ReadableStream<Uint8Array>,
    options?: CallOptions,
  ): Promise<{ readonly revision: number; readonly keys: number }> {
    return this.#store.restore(snapshot, options);
  }

  stats(): Promise<DatastoreStats> {
    return this.#store.stats();
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
