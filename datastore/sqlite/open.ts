import { dirname } from "node:path";
import type { Datastore } from "../contract.ts";
import { DEFAULT_RING, type HistoryLimits } from "../mvcc/history.ts";
import { SqliteDatastore } from "./sqlite_datastore.ts";
import { WorkerLink } from "./worker_link.ts";

export interface SqliteOptions {
  /** The database's file; it and its folder are made when they are missing. */
  readonly path: string;
  /** Where the thread's program lies, for a bundle that keeps `worker.ts` elsewhere. */
  readonly workerUrl?: URL | string;
  /** How many of the newest changes are kept in memory for watches to start from. */
  readonly ring?: HistoryLimits;
}

/** Opens the store in a SQLite file of its own. Rejects with `locked`, `corrupt`, `readOnly`, `storageFull` or `unavailable`. */
export async function openSqlite({ path, workerUrl, ring = DEFAULT_RING }: SqliteOptions): Promise<Datastore> {
  await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const link = new WorkerLink(workerUrl ?? new URL("./worker.ts", import.meta.url));
  try {
    return new SqliteDatastore({ path, link, ring, ...await link.open(path) });
  } catch (error) {
    link.terminate();
    throw error;
  }
}
