/** The end of an older file's name once it is packed, and while it is being packed. */
export const PACKED = ".gz";
export const UNFINISHED = ".tmp";

/** The older files of a log, the oldest first. */
export async function rotatedLogs(path: string): Promise<string[]> {
  return (await besides(path)).filter((name) => !name.endsWith(UNFINISHED));
}

/** Leftovers of a packing that was interrupted. */
export async function unfinishedLogs(path: string): Promise<string[]> {
  return (await besides(path)).filter((name) => name.endsWith(UNFINISHED));
}

async function besides(path: string): Promise<string[]> {
  const slash = path.lastIndexOf("/");
  const [directory, prefix] = [path.slice(0, slash), `${path.slice(slash + 1)}.`];
  const found: string[] = [];
  for await (const { name } of Deno.readDir(directory)) if (name.startsWith(prefix)) found.push(`${directory}/${name}`);
  return found.sort();
}
