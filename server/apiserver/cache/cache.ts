import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../../api/clock.ts";
import { deepFreeze } from "../../../api/meta/freeze.ts";
import type { KubeObject } from "../../../api/resource.ts";
import { type Datastore, prefixRange, type Subscription, type WatchBatch } from "../../../datastore/contract.ts";
import type { CacheEvent } from "./event.ts";
import type { RingLimits } from "./event_ring.ts";
import { missedEvents } from "./missed.ts";
import { type Content, contentOf, registryPrefix, type Storage } from "./layout.ts";
import { ResourceCache } from "./resource_cache.ts";
import { StoredEntry } from "./stored_entry.ts";

export interface CacheOptions {
  readonly datastore: Datastore;
  readonly clock: Clock;
  readonly storages: readonly Storage[];
  /** Fields by which watchers are found, by storage prefix. */
  readonly indexes?: ReadonlyMap<string, (entry: StoredEntry) => string>;
  readonly ring?: RingLimits;
  readonly bookmarkMilliseconds?: number;
}

const log = getLogger(["skiff", "apiserver", "cache"]);

/** Objects in the first read at once: a page of big ones stays far below a worker's message limits. */
const pageSize = 2_000;
const defaultRing: RingLimits = { events: 2_000, size: 4 * 1024 * 1024 };

/** A write under way: what its text says, so that it is not parsed again when the datastore tells of it. */
export interface Expected {
  /** The whole text. */
  readonly stored: string;
  readonly content: Content;
  readonly object: KubeObject;
}

/**
 * All objects of all resources, fed by one subscription to the datastore. A commit is in it when its promise resolves. In one batch all
 * changes are made before the first watcher hears of any.
 */
export class Cache {
  readonly #options: CacheOptions;
  readonly #resources = new Map<string, ResourceCache>();
  readonly #expected = new Map<string, Expected>();
  readonly #observers = new Map<string, ((event: CacheEvent) => void)[]>();
  #revision = 0;
  #subscription: Subscription | undefined;
  #cancelBookmarks: (() => void) | undefined;
  #cancelRecovery: () => void = () => {};
  #closed = false;

  private constructor(options: CacheOptions) {
    this.#options = options;
  }

  static async open(options: CacheOptions): Promise<Cache> {
    const cache = new Cache(options);
    await cache.#fill();
    await cache.#subscribe();
    cache.#scheduleBookmarks();
    return cache;
  }

  /** Everything up to it is in the cache. */
  get revision(): number {
    return this.#revision;
  }

  /** The datastore has told of everything up to `revision`: what follows the last event was no object's. */
  reached(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
  }

  /** Throws a RangeError for a prefix that the cache was not opened with. */
  resource(storage: Pick<Storage, "prefix">): ResourceCache {
    const cache = this.#resources.get(storage.prefix);
    if (!cache) throw new RangeError(`the cache holds no ${storage.prefix}`);
    return cache;
  }

  /** `observer` runs for each change, before any watcher hears of it. It must not throw. */
  observe(storage: Pick<Storage, "prefix">, observer: (event: CacheEvent) => void): void {
    const known = this.#observers.get(storage.prefix);
    if (known) known.push(observer);
    else this.#observers.set(storage.prefix, [observer]);
  }

  /** Tells what a commit about to be made will put under `key`; the returned function takes it back. */
  expect(key: string, expected: Expected): () => void {
    this.#expected.set(key, expected);
    return () => {
      if (this.#expected.get(key) === expected) this.#expected.delete(key);
    };
  }

  close(): void {
    this.#closed = true;
    this.#cancelRecovery();
    this.#cancelBookmarks?.();
    this.#subscription?.close();
  }

  async #subscribe(): Promise<void> {
    const subscription = await this.#options.datastore.subscribe(
      prefixRange(registryPrefix),
      { after: this.#revision, onLost: (error) => this.#recover(error) },
      (batch) => this.#apply(batch),
    );
    if (this.#closed) subscription.close();
    this.#subscription = subscription;
  }

  /** The datastore, one shared with others, was away for longer than its history: what was missed is read, and told as if it came just now. */
  #recover(error: unknown, wait = 0): void {
    if (this.#closed) return;
    log.warn("events of the datastore were lost, its objects are read anew: {error}", { error });
    this.#cancelRecovery = this.#options.clock.after(wait, async () => {
      try {
        const held = () => this.#entries();
        this.#apply(await missedEvents(this.#options.datastore, prefixRange(registryPrefix), held, pageSize));
        await this.#subscribe();
      } catch (again) {
        this.#recover(again, Math.min(Math.max(wait * 2, 500), 30_000));
      }
    });
  }

  *#entries(): Generator<StoredEntry> {
    for (const cache of this.#resources.values()) yield* cache.list();
  }

  async #fill(): Promise<void> {
    const { datastore, storages, indexes, ring = defaultRing } = this.#options;
    const range = prefixRange(registryPrefix);
    let page = await datastore.list(range, { limit: pageSize });
    const revision = this.#revision = page.revision;
    for (const storage of storages) {
      const cache = new ResourceCache(storage, revision, ring, indexes?.get(storage.prefix));
      this.#resources.set(storage.prefix, cache);
    }
    for (;;) {
      for (const { key, value, modRevision } of page.items) {
        const cache = this.#cacheOf(key);
        const content = cache && readableContent(cache.storage, key, value);
        if (content !== undefined) cache!.fill(new StoredEntry(cache!.storage, key, content, modRevision));
      }
      const last = page.items.at(-1);
      if (!page.more || last === undefined) return;
      page = await datastore.list({ start: `${last.key}\0`, end: range.end }, { limit: pageSize, revision });
    }
  }

  /** A prefix is two segments of the key, or three (`services/specs`, and the groups of custom resources). */
  #cacheOf(key: string): ResourceCache | undefined {
    const first = key.indexOf("/", registryPrefix.length) + 1;
    const known = this.#resources.get(key.slice(0, first));
    if (known !== undefined || first === 0) return known;
    return this.#resources.get(key.slice(0, key.indexOf("/", first) + 1));
  }

  #apply(batch: WatchBatch): void {
    const changes: [ResourceCache, CacheEvent][] = [];
    for (const event of batch.events) {
      const key = event.kind === "put" ? event.item.key : event.key;
      const cache = this.#cacheOf(key);
      if (cache === undefined) continue;
      const change = event.kind === "put"
        ? cache.put(this.#entryOf(cache.storage, key, event.item.value, event.item.modRevision))
        : cache.remove(key, event.revision);
      if (change === undefined) continue;
      changes.push([cache, change]);
      for (const observer of this.#observers.get(cache.storage.prefix) ?? []) observer(change);
    }
    this.#revision = batch.revision;
    for (const [cache, change] of changes) cache.watchers.dispatch(change, cache.indexed);
  }

  #entryOf(storage: Storage, key: string, value: string, revision: number): StoredEntry {
    const expected = this.#expected.get(key);
    if (expected === undefined || expected.stored !== value) {
      return new StoredEntry(storage, key, contentOf(storage, value), revision);
    }
    return new StoredEntry(storage, key, expected.content, revision, frozenAt(expected.object, revision));
  }

  #scheduleBookmarks(): void {
    const { clock, bookmarkMilliseconds = 60_000 } = this.#options;
    this.#cancelBookmarks = clock.after(bookmarkMilliseconds, () => {
      const resourceVersion = String(this.#revision);
      const bookmark = { type: "BOOKMARK", resourceVersion, initialEventsEnd: false } as const;
      for (const { watchers } of this.#resources.values()) if (watchers.size > 0) watchers.bookmark(bookmark);
      this.#scheduleBookmarks();
    });
  }
}

/** The object of a write with the revision it got. The same one that was encoded: nobody else holds it yet. */
function frozenAt(object: KubeObject, revision: number): KubeObject {
  object.metadata.resourceVersion = String(revision);
  return deepFreeze(object);
}

/** Undefined for a value that is no JSON: one bad object must not keep all others from being served. */
function readableContent(storage: Storage, key: string, value: string): Content | undefined {
  try {
    return contentOf(storage, value);
  } catch (error) {
    log.error("{key} in the datastore is no JSON object and is left out: {error}", { key, error });
    return undefined;
  }
}
