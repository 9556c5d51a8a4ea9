/**
 * For how long this thread's event loop was blocked: the longest time between two turns, in milliseconds, without the time in which the thread could
 * have run but others had the processors. Linux counts that (Documentation/scheduler/sched-stats, the second number of `schedstat`).
 */
export class LoopDelay {
  readonly #schedule: Deno.FsFile;
  readonly #buffer = new Uint8Array(128);
  readonly #decoder = new TextDecoder();
  #longest = 0;
  #turns = 0;
  #timer: ReturnType<typeof setInterval>;

  constructor() {
    this.#schedule = Deno.openSync("/proc/thread-self/schedstat");
    let last = performance.now();
    let waited = this.#waited();
    this.#timer = setInterval(() => {
      const [now, waiting] = [performance.now(), this.#waited()];
      this.#longest = Math.max(this.#longest, now - last - (waiting - waited));
      this.#turns++;
      [last, waited] = [now, waiting];
    }, 1);
  }

  /** Milliseconds that the thread has waited for a processor. */
  #waited(): number {
    this.#schedule.seekSync(0, Deno.SeekMode.Start);
    const length = this.#schedule.readSync(this.#buffer)!;
    return Number(this.#decoder.decode(this.#buffer.subarray(0, length)).split(" ")[1]) / 1e6;
  }

  /** Ends the measurement. */
  stop(): { readonly longest: number; readonly turns: number } {
    clearInterval(this.#timer);
    this.#schedule.close();
    return { longest: this.#longest, turns: this.#turns };
  }
}
