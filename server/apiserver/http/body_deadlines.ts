/** How often the bodies that are on their way are looked at. */
const TICK = 5_000;

/**
 * Ends what has been waiting for too long. One timer for all of them, which stops when there are none: a timer for each request
 * would be a twentieth of what a small write costs.
 */
export class Deadlines {
  readonly #milliseconds: number;
  /** In the order of their beginning. */
  readonly #waiting = new Map<() => void, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  add(expire: () => void): void {
    this.#waiting.set(expire, performance.now());
    this.#timer ??= this.#nextTick();
  }

  remove(expire: () => void): void {
    this.#waiting.delete(expire);
  }

  #tick(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const [expire, since] of this.#waiting) {
      if (now - since < this.#milliseconds) break;
      this.#waiting.delete(expire);
      expire();
    }
    if (this.#waiting.size > 0) this.#timer = this.#nextTick();
  }

  /** Keeps no process alive: the connections do, as long as there are any. */
  #nextTick(): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => this.#tick(), Math.min(TICK, this.#milliseconds));
    Deno.unrefTimer(timer);
    return timer;
  }
}
