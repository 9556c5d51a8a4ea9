import type { DiskFacts } from "./facts.ts";

const WRITES = 30, BYTES = 4096, LONGEST = 3_000;

/** Times single writes that are brought to the disk, in a file that goes again; undefined where none may be written. Ends after three seconds at most. */
export async function measureFsync(directory: string): Promise<DiskFacts["fsync"]> {
  const path = `${directory}/.skiff-check-${crypto.randomUUID()}`;
  try {
    using file = await Deno.open(path, { write: true, createNew: true });
    const block = crypto.getRandomValues(new Uint8Array(BYTES));
    const times: number[] = [];
    const started = performance.now();
    while (times.length < WRITES && performance.now() - started < LONGEST) {
      const before = performance.now();
      await file.write(block);
      await file.syncData();
      times.push(performance.now() - before);
    }
    times.sort((a, b) => a - b);
    return { p50: times[times.length >> 1]!, p99: times.at(-1)! };
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) return undefined;
    if (error instanceof Error && /read-only|no space/i.test(error.message)) return undefined;
    throw error;
  } finally {
    await Deno.remove(path).catch(() => {});
  }
}
