import { join } from "node:path";
import { SnapshotError } from "./error.ts";
import { writeSnapshot, type WrittenSnapshot } from "./snapshot_file.ts";
import { CHECKSUM_SUFFIX, DEFAULT_PREFIX, parseSnapshotName, snapshotName } from "./snapshot_name.ts";

export interface ListedSnapshot {
  readonly name: string;
  /** Prefix and node: what the retention counts together. */
  readonly series: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly bytes: number;
}

/** What is left of a list, newest first, when the newest `keep` of each series are kept. */
export function excess(
  snapshots: readonly ListedSnapshot[],
  keep: number,
  series: string | undefined,
): readonly ListedSnapshot[] {
  const kept = new Map<string, number>();
  return snapshots.filter((snapshot) => {
    if (series !== undefined && snapshot.series !== series) return false;
    const count = (kept.get(snapshot.series) ?? 0) + 1;
    kept.set(snapshot.series, count);
    return count > keep;
  });
}

/** Newest first. */
export function byTime(a: ListedSnapshot, b: ListedSnapshot): number {
  return b.time - a.time || (a.name < b.name ? 1 : -1);
}

/** Where a data directory's snapshots lie unless told otherwise. */
export function defaultSnapshotDirectory(dataDir: string): string {
  return join(dataDir, "server", "db", "snapshots");
}

/** A folder of snapshots, which may hold other files. */
export class SnapshotDirectory {
  constructor(readonly path: string) {}

  pathOf(name: string): string {
    return join(this.path, name);
  }

  /** Newest first; none when there is no such folder. */
  async list(): Promise<ListedSnapshot[]> {
    const found: ListedSnapshot[] = [];
    try {
      for await (const { name, isFile } of Deno.readDir(this.path)) {
        const parsed = isFile ? parseSnapshotName(name) : undefined;
        if (parsed) found.push({ name, ...parsed, bytes: (await Deno.stat(this.pathOf(name))).size });
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return found.sort(byTime);
  }

  /** Writes a snapshot of the moment under the name that belongs to it. Rejects with `exists` for a second one within a second. */
  async save(
    take: () => ReadableStream<Uint8Array>,
    { node, time, prefix = DEFAULT_PREFIX, signal }: {
      readonly node: string;
      readonly time: number;
      readonly prefix?: string;
      readonly signal?: AbortSignal;
    },
  ): Promise<WrittenSnapshot> {
    await Deno.mkdir(this.path, { recursive: true, mode: 0o700 });
    const path = this.pathOf(snapshotName(prefix, node, time));
    const isThere = await Deno.stat(path).then(() => true, () => false);
    if (isThere) throw new SnapshotError("exists", `${path} is there already: wait a second`);
    return await writeSnapshot(take(), path, signal);
  }

  /** Removes all but the newest `keep` of each series; the names of those that went. */
  async prune(keep: number, series?: string): Promise<string[]> {
    const removed: string[] = [];
    for (const { name } of excess(await this.list(), keep, series)) {
      await Deno.remove(this.pathOf(name));
      await Deno.remove(this.pathOf(name + CHECKSUM_SUFFIX)).catch(ignoreMissing);
      removed.push(name);
    }
    return removed;
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
