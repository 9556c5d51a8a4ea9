import { getLogger } from "@logtape/logtape";
import type { WatchedEvent } from "../contract.ts";
import type { CacheEvent } from "./event.ts";
import type { StoredEntry } from "./stored_entry.ts";

const log = getLogger(["skiff", "apiserver", "watch"]);

export type Sink = (event: WatchedEvent) => void;

/** Which objects a watcher may see at all; the narrowest that its request allows. */
export type WatchScope =
  | { readonly of: "all" }
  | { readonly of: "namespace"; readonly namespace: string }
  /** The key without its storage's prefix. */
  | { readonly of: "object"; readonly path: string }
  /** All whose indexed field has this value. */
  | { readonly of: "index"; readonly value: string };

export interface Watcher {
  readonly scope: WatchScope;
  /** Everything up to it was delivered before. */
  readonly after: number;
  readonly bookmarks: boolean;
  readonly matches: (entry: StoredEntry) => boolean;
  readonly sink: Sink;
}

/** The watchers of one resource, found by what they can see, so that a change in one place costs nothing for those who look elsewhere. */
export class Watchers {
  readonly #buckets = new Map<string, Set<Watcher>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(watcher: Watcher): () => void {
    const name = bucketOf(watcher.scope);
    let bucket = this.#buckets.get(name);
    if (!bucket) this.#buckets.set(name, bucket = new Set());
    bucket.add(watcher);
    this.#size++;
    return () => {
      if (!bucket.delete(watcher)) return;
      this.#size--;
      if (bucket.size === 0 && this.#buckets.get(name) === bucket) this.#buckets.delete(name);
    };
  }

  /** `indexed` gives the value of the indexed field, undefined when the resource has none. */
  dispatch(event: CacheEvent, indexed: ((entry: StoredEntry) => string) | undefined): void {
    if (this.#size === 0) return;
    const entry = (event.current ?? event.previous)!;
    this.#deliver(allBucket, event);
    this.#deliver(namespaceBucket(entry.namespace), event);
    this.#deliver(objectBucket(entry.key.slice(entry.storage.prefix.length)), event);
    if (indexed === undefined) return;
    const values = [event.current, event.previous].map((state) => state && indexed(state));
    for (const value of new Set(values)) if (value !== undefined) this.#deliver(indexBucket(value), event);
  }

  bookmark(event: Extract<WatchedEvent, { type: "BOOKMARK" }>): void {
    for (const bucket of this.#buckets.values()) {
      for (const watcher of bucket) if (watcher.bookmarks) deliver(watcher, event);
    }
  }

  #deliver(bucket: string, event: CacheEvent): void {
    const watchers = this.#buckets.get(bucket);
    if (watchers === undefined) return;
    for (const watcher of watchers) {
      if (event.revision <= watcher.after) continue;
      const seen = event.seenBy(watcher.matches);
      if (seen !== undefined) deliver(watcher, seen);
    }
  }
}

/** A sink must not throw; one that does harms no other watcher and no write. */
function deliver(watcher: Watcher, event: WatchedEvent): void {
  try {
    watcher.sink(event);
  } catch (error) {
    log.error("a watcher failed on an event of type {type}: {error}", { type: event.type, error });
  }
}

const allBucket = "*";

function namespaceBucket(namespace: string): string {
  return `n:${namespace}`;
}

function objectBucket(path: string): string {
  return `o:${path}`;
}

function indexBucket(value: string): string {
  return `i:${value}`;
}

function bucketOf(scope: WatchScope): string {
  switch (scope.of) {
    case "all":
      return allBucket;
    case "namespace":
      return namespaceBucket(scope.namespace);
    case "object":
      return objectBucket(scope.path);
    case "index":
      return indexBucket(scope.value);
  }
}
