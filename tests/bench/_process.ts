/** What the kernel says of a process. */
export interface ProcessUsage {
  readonly residentMB: number;
  readonly cpuSeconds: number;
  readonly writtenBytes: number;
}

/** USER_HZ of every Linux that Deno runs on. */
const TICKS_PER_SECOND = 100;

export async function usageOf(pid: number): Promise<ProcessUsage> {
  const [status, stat, io] = await Promise.all(
    ["status", "stat", "io"].map((file) => Deno.readTextFile(`/proc/${pid}/${file}`)),
  );
  const fields = stat!.slice(stat!.lastIndexOf(")") + 2).split(" ");
  return {
    residentMB: Number(/VmRSS:\s+(\d+)/.exec(status!)![1]) / 1024,
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    writtenBytes: Number(/^write_bytes: (\d+)/m.exec(io!)![1]),
  };
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** Nearest rank. */
export function percentile(values: ArrayLike<number>, p: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(p / 100 * sorted.length) - 1)] ?? NaN;
}
