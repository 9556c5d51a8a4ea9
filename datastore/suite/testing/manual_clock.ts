import type { Clock } from "../../clock.ts";

/** A clock with room for one timer, which fires when time has been moved on far enough. */
export class ManualClock implements Clock {
  #now = 0;
  #timer: { readonly at: number; readonly fire: () => void } | undefined;

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, fire: () => void): () => void {
    if (this.#timer) throw new Error("a timer is set already");
    this.#timer = { at: this.#now + milliseconds, fire };
    return () => this.#timer = undefined;
  }

  get pending(): boolean {
    return this.#timer !== undefined;
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    const timer = this.#timer;
    if (!timer || timer.at > this.#now) return;
    this.#timer = undefined;
    timer.fire();
  }
}
