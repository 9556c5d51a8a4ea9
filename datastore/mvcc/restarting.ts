import { getLogger } from "@logtape/logtape";

const logger = getLogger(["skiff", "datastore"]);

/** Milliseconds between a failure and the next attempt: at first, and at most. */
const PAUSE = { first: 1000, most: 300_000 };

/**
 * Work in the background of which one run at a time is enough. A run that fails is reported and counted, and another one begins after a while, until one
 * succeeds or the owner closes.
 */
export class Restarting {
  readonly #what: string;
  readonly #body: () => Promise<void>;
  #running: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #first: number;
  #pause: number;
  #failures = 0;
  #closed = false;

  /** `what` begins a sentence in the log. */
  constructor(what: string, body: () => Promise<void>, first = PAUSE.first) {
    this.#what = what;
    this.#body = body;
    this.#first = this.#pause = first;
  }

  /** Runs that have failed. */
  get failures(): number {
    return this.#failures;
  }

  /** Resolves when the run that is under way, or a new one, has ended, however it did. */
  run(): Promise<void> {
    if (this.#closed) return this.#running ?? Promise.resolve();
    clearTimeout(this.#timer);
    this.#running ??= this.#run().finally(() => this.#running = undefined);
    return this.#running;
  }

  async #run(): Promise<void> {
    try {
      await this.#body();
      this.#pause = this.#first;
    } catch (error) {
      if (this.#closed) return;
      this.#failures++;
      logger.warn("{what} stopped, and goes on in {seconds} s: {error}", {
        what: this.#what,
        seconds: this.#pause / 1000,
        error,
      });
      this.#timer = setTimeout(() => void this.run(), this.#pause);
      this.#pause = Math.min(this.#pause * 2, PAUSE.most);
    }
  }

  /** No more runs; resolves when the one under way has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }
}
