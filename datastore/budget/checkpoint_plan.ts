const DAY_MILLISECONDS = 86_400_000;
/** What is saved up may be spent later, but not more than an hour's worth. */
const SAVED_MILLISECONDS = 3_600_000;
/** Held for at least so long, however much may be written; and never for longer than the second. */
const HELD_MILLISECONDS = { least: 300_000, most: 600_000 };
/** Of a checkpoint, before one was seen. */
const FIRST_COST = 64 * 1024;

/** Decides when what is held goes to the disk, so that all that the store writes stays within so many bytes a day. Pure: time and bytes are told to it. */
export class CheckpointPlan {
  readonly #bytesPerMillisecond: number;
  #cost = FIRST_COST;
  /** Bytes written above what the time so far allows; below 0 they are saved. */
  #debt = 0;
  #at: number;
  #written: number;

  constructor(bytesPerDay: number, now: number, written: number) {
    this.#bytesPerMillisecond = bytesPerDay / DAY_MILLISECONDS;
    this.#at = now;
    this.#written = written;
  }

  /** How many milliseconds to wait for the next checkpoint, when `written` bytes were written by `now` and the oldest is held since `heldSince`. */
  wait(now: number, written: number, heldSince: number): number {
    this.#account(now, written);
    const affordable = now + (this.#debt + this.#cost) / this.#bytesPerMillisecond;
    const { least, most } = HELD_MILLISECONDS;
    return Math.max(0, Math.min(Math.max(affordable, heldSince + least), heldSince + most) - now);
  }

  /** After a checkpoint: what it took tells what the next one will. */
  wrote(now: number, written: number): void {
    const taken = written - this.#written;
    this.#account(now, written);
    this.#cost = (3 * this.#cost + taken) / 4;
  }

  #account(now: number, written: number): void {
    const allowed = (now - this.#at) * this.#bytesPerMillisecond;
    const saved = SAVED_MILLISECONDS * this.#bytesPerMillisecond;
    this.#debt = Math.max(-saved, this.#debt + (written - this.#written) - allowed);
    this.#at = now;
    this.#written = written;
  }
}
