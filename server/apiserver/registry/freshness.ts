import type { Datastore } from "../../../datastore/contract.ts";
import type { Cache } from "../cache/cache.ts";
import { throughStore } from "./datastore_errors.ts";

/**
 * Brings the cache up to what other servers have written to the same datastore: `now()` resolves when it holds everything that was committed before the call. One
 * question at a time is under way; calls that come meanwhile share the next one, for the answer to the present one may be older than they are.
 */
export class Freshness {
  readonly #datastore: Datastore;
  readonly #cache: Cache;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(datastore: Datastore, cache: Cache) {
    this.#datastore = datastore;
    this.#cache = cache;
  }

  now(): Promise<void> {
    if (this.#running === undefined) return this.#ask();
    return this.#next ??= this.#running.catch(() => {}).then(() => {
      this.#next = undefined;
      return this.#ask();
    });
  }

  #ask(): Promise<void> {
    const asked = throughStore(this.#datastore.revision())
      // The engine has told the cache's subscription of everything up to it.
      .then((revision) => this.#cache.reached(revision))
      .finally(() => this.#running = undefined);
    return this.#running = asked;
  }
}
