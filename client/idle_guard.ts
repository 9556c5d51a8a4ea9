import type { Clock } from "../api/clock.ts";

/** Calls `onIdle` once nobody touched it for so many milliseconds; touching costs next to nothing. */
export class IdleGuard {
  #last: number;
  #cancel: () => void;

  constructor(
    private readonly clock: Clock,
    private readonly milliseconds: number,
    private readonly onIdle: () => void,
  ) {
    this.#last = clock.now();
    this.#cancel = clock.after(milliseconds, () => this.#look());
  }

  touch(): void {
    this.#last = this.clock.now();
  }

  stop(): void {
    this.#cancel();
  }

  #look(): void {
    const left = this.#last + this.milliseconds - this.clock.now();
    if (left <= 0) this.onIdle();
    else this.#cancel = this.clock.after(left, () => this.#look());
  }
}
