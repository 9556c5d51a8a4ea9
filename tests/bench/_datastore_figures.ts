/** What the datastore's benchmarks have in common. */
export const VALUE = "v".repeat(1024);

function percentile(sorted: ArrayLike<number>, share: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(2);
}

/** Prints, and returns how many there were in a second. */
export function report(what: string, milliseconds: readonly number[] | Float64Array, elapsed: number): number {
  const sorted = Float64Array.from(milliseconds).sort();
  const rate = Math.round(sorted.length / elapsed * 1000);
  console.log(
    `${what.padEnd(44)} ${String(rate).padStart(7)}/s  p50 ${percentile(sorted, 0.5)} ms  p99 ${
      percentile(sorted, 0.99)
    } ms`,
  );
  return rate;
}

export async function timed<T>(what: string, body: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await body();
  console.log(`${what.padEnd(44)} ${(performance.now() - start).toFixed(1)} ms`);
  return result;
}
