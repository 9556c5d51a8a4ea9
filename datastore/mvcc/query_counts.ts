import { QUERY_SECONDS, type QueryStatistics } from "../contract.ts";

/** Of one query: how often it ran, how often it failed, its seconds; then the buckets, and one for what is above all of them. */
const COUNT = 0, ERRORS = 1, SECONDS = 2, BUCKETS = 3;
const COLUMNS = BUCKETS + QUERY_SECONDS.length + 1;

/** From here on a query is logged. */
export const SLOW_MILLISECONDS = 100;

/** Counts named queries in a buffer that a thread may share with another one, which then reads them without asking. */
export class QueryCounts {
  readonly buffer: ArrayBufferLike;
  readonly #rows: ReadonlyMap<string, number>;
  readonly #table: Float64Array;

  /** `buffer` is another one's for the same names. */
  constructor(
    names: readonly string[],
    buffer: ArrayBufferLike = new SharedArrayBuffer(names.length * COLUMNS * Float64Array.BYTES_PER_ELEMENT),
  ) {
    this.buffer = buffer;
    this.#table = new Float64Array(buffer);
    this.#rows = new Map(names.map((name, i) => [name, i * COLUMNS]));
  }

  /** Names that were not given at the start are not counted. */
  observe(name: string, milliseconds: number, failed: boolean): void {
    const row = this.#rows.get(name);
    if (row === undefined) return;
    const seconds = milliseconds / 1000;
    let bucket = 0;
    while (bucket < QUERY_SECONDS.length && seconds > QUERY_SECONDS[bucket]!) bucket++;
    this.#table[row + COUNT]!++;
    if (failed) this.#table[row + ERRORS]!++;
    this.#table[row + SECONDS]! += seconds;
    this.#table[row + BUCKETS + bucket]!++;
  }

  /** Runs it, and counts it. `slow` is told of it when it took long. */
  async time<T>(name: string, body: () => Promise<T>, slow: (name: string, milliseconds: number) => void): Promise<T> {
    const start = performance.now();
    let failed = true;
    try {
      const result = await body();
      failed = false;
      return result;
    } finally {
      const milliseconds = performance.now() - start;
      this.observe(name, milliseconds, failed);
      if (milliseconds >= SLOW_MILLISECONDS) slow(name, milliseconds);
    }
  }

  list(): readonly QueryStatistics[] {
    return [...this.#rows].map(([query, row]) => {
      let below = 0;
      return {
        query,
        count: this.#table[row + COUNT]!,
        errors: this.#table[row + ERRORS]!,
        seconds: this.#table[row + SECONDS]!,
        within: QUERY_SECONDS.map((_, i) => below += this.#table[row + BUCKETS + i]!),
      };
    });
  }
}
