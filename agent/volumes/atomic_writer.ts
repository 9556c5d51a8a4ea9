/** A file of a volume whose content comes from the API. */
export interface VolumeFile {
  readonly bytes: Uint8Array;
  readonly mode: number;
}

/** By path relative to the volume. */
export type Payload = ReadonlyMap<string, VolumeFile>;

const dataLink = "..data";
const newDataLink = "..data_tmp";

/**
 * Makes a directory show exactly this payload, all of it changing at one instant: files live in a directory of their own, `..data` links to it, and
 * the visible names link through `..data`. Switching that one link is atomic, so a reader sees the old files or the new ones, never a mixture; and as
 * upstream does it, programs that watch for the switch of `..data` keep working. Answers whether anything changed; what is unchanged is not touched.
 */
export async function writeAtomically(
  directory: string,
  payload: Payload,
  options: { readonly group?: number | undefined; readonly stamp: string },
): Promise<boolean> {
  const old = await Deno.readLink(`${directory}/${dataLink}`).catch(() => undefined);
  if (old !== undefined && await shows(`${directory}/${old}`, payload)) {
    await linkNames(directory, payload);
    return false;
  }
  const fresh = `..${options.stamp}`;
  await fill(`${directory}/${fresh}`, payload, options.group);
  await Deno.remove(`${directory}/${newDataLink}`).catch(ignoreMissing);
  await Deno.symlink(fresh, `${directory}/${newDataLink}`);
  await Deno.rename(`${directory}/${newDataLink}`, `${directory}/${dataLink}`);
  await linkNames(directory, payload);
  await removeStale(directory, payload, fresh);
  return true;
}

/** Whether the path stays inside and uses no name that the links need: what the API server lets through of `items`. */
export function isSafePath(path: string): boolean {
  const parts = path.split("/");
  return path !== "" && !path.startsWith("/") && !parts.includes("..") && !parts[0]!.startsWith("..");
}

async function shows(directory: string, payload: Payload): Promise<boolean> {
  let files = 0;
  for await (const path of filesBelow(directory, "")) {
    const wanted = payload.get(path);
    if (!wanted) return false;
    const { mode, size } = await Deno.stat(`${directory}/${path}`);
    if (size !== wanted.bytes.length || ((mode ?? 0) & 0o777) !== (wanted.mode & 0o777)) return false;
    const bytes = await Deno.readFile(`${directory}/${path}`);
    if (!bytes.every((byte, i) => byte === wanted.bytes[i])) return false;
    files++;
  }
  return files === payload.size;
}

async function* filesBelow(directory: string, prefix: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(directory)) {
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory) yield* filesBelow(`${directory}/${entry.name}`, `${path}/`);
    else yield path;
  }
}

async function fill(directory: string, payload: Payload, group: number | undefined): Promise<void> {
  await Deno.mkdir(directory);
  await Deno.chmod(directory, 0o755);
  const made = new Set([directory]);
  for (const [path, { bytes, mode }] of payload) {
    const slash = path.lastIndexOf("/");
    const parent = slash < 0 ? directory : `${directory}/${path.slice(0, slash)}`;
    if (!made.has(parent)) await Deno.mkdir(parent, { recursive: true, mode: 0o755 });
    made.add(parent);
    const file = `${directory}/${path}`;
    await Deno.writeFile(file, bytes, { mode: 0o600 });
    if (group !== undefined) await Deno.chown(file, null, group);
    // The process's umask does not count for what the user asked for.
    await Deno.chmod(file, mode);
  }
}

async function linkNames(directory: string, payload: Payload): Promise<void> {
  for (const name of visibleNames(payload)) {
    const link = `${directory}/${name}`;
    const target = `${dataLink}/${name}`;
    const before = await Deno.readLink(link).catch(() => undefined);
    if (before === target) continue;
    await Deno.remove(link, { recursive: true }).catch(ignoreMissing);
    await Deno.symlink(target, link);
  }
}

async function removeStale(directory: string, payload: Payload, fresh: string): Promise<void> {
  const kept = new Set([...visibleNames(payload), dataLink, fresh]);
  for await (const entry of Deno.readDir(directory)) {
    if (!kept.has(entry.name)) await Deno.remove(`${directory}/${entry.name}`, { recursive: true });
  }
}

function visibleNames(payload: Payload): Set<string> {
  return new Set([...payload.keys()].map((path) => path.split("/")[0]!));
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
