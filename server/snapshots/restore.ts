import { dirname } from "node:path";
import type { Datastore } from "../../datastore/contract.ts";
import { DatastoreError } from "../../datastore/contract.ts";
import { SnapshotError } from "./error.ts";

/** SQLite's files beside the main one. */
const SUFFIXES = ["", "-wal", "-shm", "-journal"];

/** What lies where a SQLite datastore is to be restored to. */
type Found = "nothing" | "something" | "damage";

/**
 * Fills the SQLite datastore at `path` anew. It is made beside the old one, which stays as it is until the new one is whole, and then is renamed (its new
 * name is in `replaced`) if `replace` says so. Rejects with `exists` for a store that holds something, and when a process has it open.
 */
export async function restoreFile(
  path: string,
  read: () => Promise<ReadableStream<Uint8Array>>,
  { open, replace, time }: {
    readonly open: (path: string) => Promise<Datastore>;
    readonly replace: boolean;
    readonly time: number;
  },
): Promise<{ readonly revision: number; readonly keys: number; readonly replaced: string | undefined }> {
  const found = await look(path, open);
  if (found !== "nothing" && !replace) {
    const what = found === "damage" ? "is damaged" : "holds a datastore";
    throw new SnapshotError(
      "exists",
      `${path} ${what}: with --replace it is kept under another name and the snapshot takes its place`,
    );
  }
  await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.restoring`;
  await removeAll(fresh);
  let filled: { revision: number; keys: number };
  try {
    filled = await fill(fresh, read, open);
  } catch (error) {
    await removeAll(fresh);
    throw error;
  }
  const replaced = found === "nothing" ? undefined : `${path}.replaced-${time}`;
  for (const suffix of SUFFIXES) {
    if (replaced === undefined) await Deno.remove(path + suffix).catch(ignoreMissing);
    else await Deno.rename(path + suffix, replaced + suffix).catch(ignoreMissing);
  }
  await Deno.rename(fresh, path);
  return { ...filled, replaced };
}

async function fill(
  path: string,
  read: () => Promise<ReadableStream<Uint8Array>>,
  open: (path: string) => Promise<Datastore>,
): Promise<{ revision: number; keys: number }> {
  const snapshot = await read();
  const store = await open(path);
  try {
    return await store.restore(snapshot);
  } finally {
    await store.close();
  }
}

async function look(path: string, open: (path: string) => Promise<Datastore>): Promise<Found> {
  const isThere = await Deno.stat(path).then(() => true, () => false);
  if (!isThere) return "nothing";
  try {
    const store = await open(path);
    try {
      return await store.revision() > 1 ? "something" : "nothing";
    } finally {
      await store.close();
    }
  } catch (error) {
    if (error instanceof DatastoreError && error.reason === "corrupt") return "damage";
    throw error;
  }
}

async function removeAll(path: string): Promise<void> {
  for (const suffix of SUFFIXES) await Deno.remove(path + suffix).catch(ignoreMissing);
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
