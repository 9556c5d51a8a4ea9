import { DatastoreError } from "../contract.ts";

interface Waiting {
  readonly revision: number;
  readonly since: number;
  resolve(): void;
  reject(error: unknown): void;
}

/** Who waits until the watch of a shared store has come to a revision, so that caches fed by it are as new as what a call returns. */
export class Arrivals {
  readonly #milliseconds: number;
  #reached: number;
  #waiting: Waiting[] = [];
  /** The least revision that is waited for. */
  #next = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(revision: number, milliseconds: number) {
    this.#reached = revision;
    this.#milliseconds = milliseconds;
  }

  /** Rejects with `unavailable` when the revision does not come in time. */
  wait(revision: number): Promise<void> {
    if (revision <= this.#reached) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ revision, since: Date.now(), resolve, reject });
      this.#next = Math.min(this.#next, revision);
      this.#timer ??= setTimeout(() => this.#expire(), this.#milliseconds);
    });
  }

  reach(revision: number): void {
    this.#reached = Math.max(this.#reached, revision);
    if (this.#next > this.#reached) return;
    this.#settle(({ revision }) => revision <= this.#reached, (waiting) => waiting.resolve());
  }

  #expire(): void {
    this.#timer = undefined;
    const oldest = Date.now() - this.#milliseconds;
    this.#settle(({ since }) => since <= oldest, ({ revision, reject }) =>
      reject(
        new DatastoreError(
          "unavailable",
          `revision ${revision} did not arrive within ${this.#milliseconds} ms: the newest seen is ${this.#reached}`,
        ),
      ));
    const first = this.#waiting[0];
    if (first) this.#timer = setTimeout(() => this.#expire(), Math.max(1, first.since - oldest));
  }

  /** The store has gone back: who waits for more than it has waits in vain. */
  goBack(revision: number): void {
    this.#reached = revision;
  }

  /** Nothing arrives any more. */
  fail(error: unknown): void {
    this.#settle(() => true, ({ reject }) => reject(error));
  }

  #settle(which: (waiting: Waiting) => boolean, settle: (waiting: Waiting) => void): void {
    const all = this.#waiting;
    this.#waiting = all.filter((waiting) => !which(waiting));
    this.#next = this.#waiting.reduce((least, { revision }) => Math.min(least, revision), Infinity);
    for (const waiting of all) if (which(waiting)) settle(waiting);
    if (this.#waiting.length === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
  }
}
