import { prefixRange } from "../../../datastore/contract.ts";
import { OrderedMap } from "../../../datastore/mvcc/ordered_map.ts";
import { CacheEvent } from "./event.ts";
import { EventRing, type RingLimits } from "./event_ring.ts";
import { keyIn, type Storage } from "./layout.ts";
import type { StoredEntry } from "./stored_entry.ts";
import { Watchers } from "./watchers.ts";

/** The objects of one resource in order of their keys, its newest events and its watchers. */
export class ResourceCache {
  readonly storage: Storage;
  readonly watchers = new Watchers();
  /** Gives the field by which watchers can be found, such as a Pod's node. */
  readonly indexed: ((entry: StoredEntry) => string) | undefined;
  readonly ring: EventRing;
  readonly #entries = new OrderedMap<StoredEntry>();
  #changed: number;

  constructor(
    storage: Storage,
    revision: number,
    limits: RingLimits,
    indexed: ((entry: StoredEntry) => string) | undefined,
  ) {
    this.storage = storage;
    this.indexed = indexed;
    this.ring = new EventRing(revision, limits);
    this.#changed = revision;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The revision of the newest change, or the one the cache was filled at. */
  get changed(): number {
    return this.#changed;
  }

  get(namespace: string, name: string): StoredEntry | undefined {
    return this.#entries.get(keyIn(this.storage, namespace, name));
  }

  byKey(key: string): StoredEntry | undefined {
    return this.#entries.get(key);
  }

  /** In order of their keys; all namespaces when it is `""`. */
  list(namespace = "", from?: string): Iterable<StoredEntry> {
    const { start, end } = this.rangeOf(namespace);
    return this.#entries.range(from === undefined || from < start ? start : from, end);
  }

  rangeOf(namespace: string): { readonly start: string; readonly end: string } {
    return prefixRange(namespace === "" ? this.storage.prefix : `${this.storage.prefix}${namespace}/`);
  }

  /** Takes over what the datastore held at start. */
  fill(entry: StoredEntry): void {
    this.#entries.set(entry.key, entry);
  }

  put(entry: StoredEntry): CacheEvent {
    const event = new CacheEvent(entry.revision, entry, this.#entries.get(entry.key));
    this.#entries.set(entry.key, entry);
    return this.#remember(event);
  }

  /** Undefined when the key was not there. */
  remove(key: string, revision: number): CacheEvent | undefined {
    const previous = this.#entries.get(key);
    if (previous === undefined) return undefined;
    this.#entries.delete(key);
    return this.#remember(new CacheEvent(revision, undefined, previous));
  }

  #remember(event: CacheEvent): CacheEvent {
    this.#changed = event.revision;
    this.ring.push(event);
    return event;
  }
}
