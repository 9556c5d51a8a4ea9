import type { CacheEvent } from "./event.ts";

export interface RingLimits {
  readonly events: number;
  /** Characters of the objects in it. */
  readonly size: number;
}

/** The newest events of a resource, in order of their revision: what a watch from an earlier revision is answered from. */
export class EventRing {
  readonly #limits: RingLimits;
  #events: CacheEvent[] = [];
  /** Index of the oldest event that still counts; the ones before it are cut off now and then, all at once. */
  #start = 0;
  #size = 0;
  #complete: number;

  /** Nothing happened, or nothing is known, up to `revision`. */
  constructor(revision: number, limits: RingLimits) {
    this.#complete = revision;
    this.#limits = limits;
  }

  /** All events after this revision are here. */
  get completeAfter(): number {
    return this.#complete;
  }

  push(event: CacheEvent): void {
    this.#events.push(event);
    this.#size += event.size;
    while (this.#size > this.#limits.size || this.#events.length - this.#start > this.#limits.events) {
      const oldest = this.#events[this.#start++]!;
      this.#size -= oldest.size;
      // Events of one commit share its revision: who has seen that revision misses none of them.
      this.#complete = oldest.revision;
    }
    if (this.#start > this.#events.length / 2) {
      this.#events = this.#events.slice(this.#start);
      this.#start = 0;
    }
  }

  /** Events after `revision`, which must not be below `completeAfter`. */
  after(revision: number): CacheEvent[] {
    let low = this.#start;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#events[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#events.slice(low);
  }
}
