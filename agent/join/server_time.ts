/**
 * The servers' time, as an agent knows it from the dates of their answers: for what has to be judged by the cluster's clock even where the machine's own starts in 1970 or is
 * years ahead. Until the first answer it is the machine's. A jump of the machine's clock does not move it.
 */
export class ServerTime {
  readonly #clock: () => number;
  readonly #steady: () => number;
  #known: { readonly server: number; readonly steady: number } | undefined;

  /** `steady` counts milliseconds and never jumps. */
  constructor(clock: () => number, steady: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#steady = steady;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#known === undefined
      ? this.#clock()
      : this.#known.server + Math.max(this.#steady() - this.#known.steady, 0);
  }

  /** A server has just told its time. */
  told(server: number | undefined): void {
    if (server !== undefined) this.#known = { server, steady: this.#steady() };
  }

  /** How far the machine's clock is ahead of the servers', in milliseconds; 0 until one has told. */
  get ahead(): number {
    return this.#known === undefined ? 0 : this.#clock() - this.now();
  }
}
