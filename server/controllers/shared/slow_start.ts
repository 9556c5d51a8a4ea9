/**
 * Calls `act` with 0, 1 … `count - 1` in batches of 1, 2, 4 … at a time and stops after a batch in which a call failed, so that a thousand equal
 * requests that are all refused (a quota, an admission plugin) cost one. Answers how many succeeded, and the first error.
 */
export async function slowStart(
  count: number,
  act: (index: number) => Promise<unknown>,
): Promise<{ readonly succeeded: number; readonly error: unknown }> {
  let succeeded = 0;
  let next = 0;
  for (let size = 1; next < count; size *= 2) {
    const batch = Array.from({ length: Math.min(size, count - next) }, (_, offset) => act(next + offset));
    const results = await Promise.allSettled(batch);
    const failed = results.find((result) => result.status === "rejected");
    succeeded += results.filter((result) => result.status === "fulfilled").length;
    if (failed !== undefined) return { succeeded, error: failed.reason };
    next += batch.length;
  }
  return { succeeded, error: undefined };
}
