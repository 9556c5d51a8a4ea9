import type { Datastore, KeyRange, KeyValue, Operation } from "../contract.ts";
import { sortKey } from "../mvcc/key_order.ts";
import type { Source } from "./range.ts";

/** The revision of what a transaction writes, until it is committed: newer than all. */
export const PENDING = Number.MAX_SAFE_INTEGER;

/** The store at one revision with what a transaction has changed so far, and what that transaction rests on. */
export class View implements Source {
  readonly #datastore: Datastore;
  readonly #revision: number;
  readonly #read = new Map<string, KeyValue | undefined>();
  readonly #written = new Map<string, KeyValue | undefined>();
  #hasListed = false;

  constructor(datastore: Datastore, revision: number) {
    this.#datastore = datastore;
    this.#revision = revision;
  }

  /** What the transaction's next operation would see. */
  get revision(): number {
    return this.#written.size > 0 ? PENDING : this.#revision;
  }

  async get(key: string): Promise<{ item: KeyValue | undefined; revision: number }> {
    const item = this.#written.has(key) ? this.#written.get(key) : await this.#before(key);
    return { item, revision: this.revision };
  }

  async list(range: KeyRange): Promise<{ items: KeyValue[]; more: boolean; revision: number }> {
    this.#hasListed = true;
    const listed = await this.#datastore.list(range, { revision: this.#revision });
    for (const item of listed.items) this.#read.set(item.key, item);
    const [start, end] = [sortKey(range.start), sortKey(range.end)];
    const items = listed.items.filter(({ key }) => !this.#written.has(key));
    for (const [key, item] of this.#written) {
      if (item && sortKey(key) >= start && sortKey(key) < end) items.push(item);
    }
    items.sort((a, b) => sortKey(a.key) < sortKey(b.key) ? -1 : 1);
    return { items, more: false, revision: this.revision };
  }

  async count(range: KeyRange): Promise<number> {
    return (await this.list(range)).items.length;
  }

  async put(key: string, value: string): Promise<void> {
    const { createRevision = PENDING, version = 0 } = await this.#before(key) ?? {};
    this.#written.set(key, { key, value, createRevision, modRevision: PENDING, version: version + 1 });
  }

  delete(key: string): void {
    this.#written.set(key, undefined);
  }

  get hasWritten(): boolean {
    return this.#written.size > 0;
  }

  /** No range was read, and no key that is there and is not written: a commit can expect everything that was read. */
  get isSelfContained(): boolean {
    return !this.#hasListed && [...this.#read].every(([key, item]) => !item || this.#written.has(key));
  }

  /** Deletes keys that were not there, if they still are not: only to fail if they are. */
  guards(): Operation[] {
    const missing = [...this.#read].filter(([key, item]) => !item && !this.#written.has(key));
    return missing.map(([key]) => ({ kind: "delete", key, expect: 0 }));
  }

  /** What to commit; it fails if anything that is written is not as it was read. */
  operations(): Operation[] {
    return [...this.#written].map(([key, item]) => {
      const expect = this.#read.get(key)?.modRevision ?? 0;
      return item ? { kind: "put", key, value: item.value, expect } : { kind: "delete", key, expect };
    });
  }

  async #before(key: string): Promise<KeyValue | undefined> {
    if (!this.#read.has(key)) {
      this.#read.set(key, (await this.#datastore.get(key, { revision: this.#revision })).item);
    }
    return this.#read.get(key);
  }
}
