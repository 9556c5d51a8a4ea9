import type {
  CommitOptions,
  CommitResult,
  Conflict,
  Datastore,
  GetResult,
  Holding,
  KeyRange,
  KeyValue,
  ListOptions,
  ListResult,
  Operation,
  ReadOptions,
  Subscription,
  WatchBatch,
  WatchEvent,
  WatchOptions,
} from "../../datastore/contract.ts";
import { DelegatingDatastore } from "../../datastore/delegating_datastore.ts";
import { isSealed } from "./sealed_value.ts";

/** What is done to the values on their way in and out. Both are synchronous, and `open` may throw. */
export interface Sealer {
  /** Whether the key's value is to be sealed. */
  protects(key: string): boolean;
  seal(key: string, value: string): string;
  open(key: string, value: string): string;
  /** What watchers get of a value that does not open: they cannot be told of an error. */
  unreadable(key: string, error: unknown): void;
}

/** A datastore whose protected values lie sealed in the one below it. Snapshots hold them as they lie there. */
export class EncryptedDatastore extends DelegatingDatastore {
  readonly #store: Datastore;
  readonly #sealer: Sealer;
  readonly #pending = new Set<Promise<unknown>>();

  readonly holding?: Holding;

  constructor(store: Datastore, sealer: Sealer) {
    super(store);
    this.#store = store;
    this.#sealer = sealer;
    if (store.holding !== undefined) this.holding = store.holding;
  }

  override async get(key: string, options?: ReadOptions): Promise<GetResult> {
    const result = await this.#store.get(key, options);
    return result.item === undefined ? result : { ...result, item: this.#item(result.item) };
  }

  override async list(range: KeyRange, options?: ListOptions): Promise<ListResult> {
    const result = await this.#store.list(range, options);
    if (!result.items.some(({ value }) => isSealed(value))) return result;
    return { ...result, items: result.items.map((item) => this.#item(item)) };
  }

  override async commit(operations: readonly Operation[], options?: CommitOptions): Promise<CommitResult> {
    const commit = this.#store.commit(operations.map((operation) => this.#operation(operation)), options);
    const done = commit.then(() => {}, () => {});
    this.#pending.add(done);
    try {
      const result = await commit;
      return result.ok
        ? result
        : { ...result, conflicts: result.conflicts.map((conflict) => this.#conflict(conflict)) };
    } finally {
      this.#pending.delete(done);
    }
  }

  /** Resolves when every commit has ended that is under way now, and may have been sealed as it would not be any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }

  override async *watch(range: KeyRange, options: WatchOptions): AsyncGenerator<WatchBatch> {
    for await (const batch of this.#store.watch(range, options)) yield this.#batch(batch);
  }

  override subscribe(range: KeyRange, options: WatchOptions, sink: (batch: WatchBatch) => void): Promise<Subscription> {
    return this.#store.subscribe(range, options, (batch) => sink(this.#batch(batch)));
  }

  #operation(operation: Operation): Operation {
    const { kind, key } = operation;
    if (kind !== "put" || !this.#sealer.protects(key)) return operation;
    return { ...operation, value: this.#sealer.seal(key, operation.value) };
  }

  #item(item: KeyValue): KeyValue {
    return isSealed(item.value) ? { ...item, value: this.#sealer.open(item.key, item.value) } : item;
  }

  #conflict(conflict: Conflict): Conflict {
    return conflict.actual === undefined ? conflict : { ...conflict, actual: this.#item(conflict.actual) };
  }

  #batch(batch: WatchBatch): WatchBatch {
    const isPlain = (event: WatchEvent) =>
      !(event.kind === "put" && isSealed(event.item.value)) && !(event.previous && isSealed(event.previous.value));
    return batch.events.every(isPlain) ? batch : { ...batch, events: batch.events.map((event) => this.#event(event)) };
  }

  #event(event: WatchEvent): WatchEvent {
    const previous = event.previous && { previous: this.#told(event.previous) };
    return event.kind === "put" ? { ...event, item: this.#told(event.item), ...previous } : { ...event, ...previous };
  }

  #told(item: KeyValue): KeyValue {
    try {
      return this.#item(item);
    } catch (error) {
      this.#sealer.unreadable(item.key, error);
      return item;
    }
  }
}
