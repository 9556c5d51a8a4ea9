import type { Clock } from "../api/clock.ts";

export interface BackOff {
  /** Milliseconds before the first retry; doubles with each further one. */
  readonly base: number;
  readonly max: number;
}

/** client-go's per-item limits. */
const defaultBackOff: BackOff = { base: 5, max: 1_000_000 };

interface Delayed {
  readonly at: number;
  readonly cancel: () => void;
}

/**
 * Keys that wait to be worked on. A key waits once however often it is added, is never handed out while it is being worked on, and
 * waits again afterwards when it was added meanwhile. Holds at most one entry for each distinct key in use.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #backOff: BackOff;
  /** In the order of their arrival. */
  readonly #ready = new Set<string>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #working = new Set<string>();
  /** Added while being worked on. */
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  #closed = false;

  constructor(clock: Clock, backOff: BackOff = defaultBackOff) {
    this.#clock = clock;
    this.#backOff = backOff;
  }

  /** Keys that could be handed out now. */
  get length(): number {
    return this.#ready.size;
  }

  /** Keys whose time has not come. */
  get delayed(): number {
    return this.#delayed.size;
  }

  /** With a delay, the key is due when the earliest of its delays has passed. Does nothing after `close`. */
  add(key: string, afterMilliseconds = 0): void {
    if (this.#closed) return;
    if (afterMilliseconds > 0) return this.#addLater(key, afterMilliseconds);
    this.#cancelDelay(key);
    if (this.#working.has(key)) this.#again.add(key);
    else this.#offer(key);
  }

  /** Adds the key after its back-off, which doubles; answers the milliseconds. */
  retry(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const milliseconds = Math.min(this.#backOff.base * 2 ** Math.min(failures, 60), this.#backOff.max);
    this.add(key, milliseconds);
    return milliseconds;
  }

  /** The key's next back-off is the first again. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** The next key, as soon as there is one; undefined when the queue is closed. `done` must follow. */
  take(): Promise<string | undefined> {
    for (const key of this.#ready) {
      this.#ready.delete(key);
      this.#working.add(key);
      return Promise.resolve(key);
    }
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  /** The work on the key has ended. */
  done(key: string): void {
    this.#working.delete(key);
    if (this.#again.delete(key)) this.#offer(key);
  }

  /** Empties the queue, cancels its timers and lets every `take` answer undefined. */
  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    for (const set of [this.#ready, this.#again]) set.clear();
    for (const map of [this.#delayed, this.#failures]) map.clear();
    for (const resolve of this.#takers.splice(0)) resolve(undefined);
  }

  #offer(key: string): void {
    const taker = this.#closed ? undefined : this.#takers.shift();
    if (taker === undefined) {
      if (!this.#closed) this.#ready.add(key);
      return;
    }
    this.#working.add(key);
    taker(key);
  }

  #addLater(key: string, milliseconds: number): void {
    const at = this.#clock.now() + milliseconds;
    const waiting = this.#delayed.get(key);
    if (this.#ready.has(key) || (waiting !== undefined && waiting.at <= at)) return;
    waiting?.cancel();
    const cancel = this.#clock.after(milliseconds, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { at, cancel });
  }

  #cancelDelay(key: string): void {
    this.#delayed.get(key)?.cancel();
    this.#delayed.delete(key);
  }
}
