import { compactedError } from "./check.ts";

/** So long may a reader pause and still find its revision. */
const PATIENCE_MILLISECONDS = 60_000;

interface Hold {
  readonly revision: number;
  used: number;
  broken: boolean;
}

/**
 * Revisions that reads in several pages still need: the sweep of a compaction stops before them. A reader that does not come back loses its hold,
 * so that an abandoned snapshot cannot keep the store growing.
 */
export class Holds {
  readonly #holds = new Set<Hold>();
  readonly #now: () => number;
  readonly #released: () => void;

  /** `released` is called when a sweep may go further. */
  constructor(now: () => number, released: () => void) {
    this.#now = now;
    this.#released = released;
  }

  acquire(revision: number): { check(): void; release(): void } {
    const hold: Hold = { revision, used: this.#now(), broken: false };
    this.#holds.add(hold);
    return {
      /** Before each page: throws `compacted` when the hold was lost. */
      check: () => {
        if (hold.broken) throw compactedError(revision, revision + 1);
        hold.used = this.#now();
      },
      release: () => {
        if (this.#holds.delete(hold)) this.#released();
      },
    };
  }

  /** How far a sweep that wants to go to `revision` may go. */
  limit(revision: number): number {
    let limit = revision;
    for (const hold of this.#holds) {
      if (this.#now() - hold.used > PATIENCE_MILLISECONDS) {
        hold.broken = true;
        this.#holds.delete(hold);
      } else {
        limit = Math.min(limit, hold.revision);
      }
    }
    return limit;
  }
}
