/** Time as an input, so that whatever waits can be run by a test in no time at all. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `fire` once, `milliseconds` from now, unless the returned function is called before. */
  after(milliseconds: number, fire: () => void): () => void;
}

/** The machine's clock. Its timers are unreferenced when `background` is set: they keep no process alive. */
export function systemClock(options: { background?: boolean } = {}): Clock {
  return {
    now: () => Date.now(),
    after(milliseconds, fire) {
      // setTimeout holds 31 bits of milliseconds and fires at once beyond them.
      const timer = setTimeout(fire, Math.min(Math.max(milliseconds, 0), 0x7fffffff));
      if (options.background) Deno.unrefTimer(timer);
      return () => clearTimeout(timer);
    },
  };
}

/** A clock that stands still until `advance` is called; due timers fire in order of their time. */
export class ManualClock implements Clock {
  #now: number;
  #next = 0;
  readonly #timers = new Map<number, { at: number; fire: () => void }>();

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, fire: () => void): () => void {
    const id = this.#next++;
    this.#timers.set(id, { at: this.#now + Math.max(milliseconds, 0), fire });
    return () => void this.#timers.delete(id);
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time on, firing what falls due; promise callbacks run between two timers. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    for (;;) {
      const due = [...this.#timers].filter(([, t]) => t.at <= end).sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
      if (!due) break;
      const [id, timer] = due;
      this.#timers.delete(id);
      this.#now = timer.at;
      timer.fire();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    this.#now = end;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
