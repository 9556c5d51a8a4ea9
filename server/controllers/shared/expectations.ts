import type { Clock } from "../../../api/clock.ts";

/** An event that never came, because its object was changed again before it was seen, holds a controller up no longer than this. */
const lifetime = 300_000;

interface Expected {
  creations: number;
  readonly deletions: Set<string>;
  readonly since: number;
}

/**
 * What a controller did and has not seen in its informers yet. While something is expected of a key, its informers' view is older than its own
 * deeds, and whoever acted on it would create or delete twice.
 */
export class Expectations {
  readonly #clock: Clock;
  readonly #byKey = new Map<string, Expected>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether all that was expected has come, or its time is over. */
  areMet(key: string): boolean {
    const expected = this.#byKey.get(key);
    if (expected === undefined) return true;
    if (expected.creations > 0 || expected.deletions.size > 0) {
      return this.#clock.now() - expected.since > lifetime;
    }
    this.#byKey.delete(key);
    return true;
  }

  expectCreations(key: string, count: number): void {
    this.#byKey.set(key, { creations: count, deletions: new Set(), since: this.#clock.now() });
  }

  /** `uids` of objects that will go. */
  expectDeletions(key: string, uids: Iterable<string>): void {
    this.#byKey.set(key, { creations: 0, deletions: new Set(uids), since: this.#clock.now() });
  }

  /** An object was seen for the first time, or could not be created after all. */
  creationSeen(key: string): void {
    const expected = this.#byKey.get(key);
    if (expected !== undefined && expected.creations > 0) expected.creations--;
  }

  /** An object was seen to go, or could not be deleted after all. */
  deletionSeen(key: string, uid: string): void {
    this.#byKey.get(key)?.deletions.delete(uid);
  }

  forget(key: string): void {
    this.#byKey.delete(key);
  }
}
