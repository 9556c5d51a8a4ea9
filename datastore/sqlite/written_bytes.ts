/** Bytes that this thread has caused to be written to disks, from the kernel; undefined where it does not tell (its page cache is what counts, so a write counts once, at once). */
export function writtenByThread(): number | undefined {
  try {
    const found = /^write_bytes: (\d+)$/m.exec(Deno.readTextFileSync("/proc/thread-self/io"));
    return found ? Number(found[1]) : undefined;
  } catch {
    return undefined;
  }
}
