const base = 1_000;
const max = 15 * 60_000;

/**
 * How long a place (a DaemonSet's node, a StatefulSet's ordinal) waits for a Pod in place of one that failed: from a second, doubling to a quarter
 * of an hour. Without it a Pod that a node refuses at once would be made anew without end.
 */
export class Failures {
  readonly #byPlace = new Map<string, { readonly delay: number; readonly at: number }>();

  /** Milliseconds that are left to wait; 0 starts the next, longer wait. `place` is a key of the caller's. */
  wait(place: string, now: number): number {
    const known = this.#byPlace.get(place);
    const left = known === undefined ? 0 : known.at + known.delay - now;
    if (left > 0) return left;
    // Who did well for twice the longest wait starts from the beginning.
    const isOld = known === undefined || now - known.at > 2 * max;
    this.#byPlace.set(place, { delay: isOld ? base : Math.min(known.delay * 2, max), at: now });
    return 0;
  }

  /** Forgets all places whose keys begin so. */
  forget(prefix: string): void {
    for (const place of this.#byPlace.keys()) if (place.startsWith(prefix)) this.#byPlace.delete(place);
  }
}
