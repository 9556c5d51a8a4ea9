import { join } from "node:path";
import { type Datastore, DatastoreError } from "./contract.ts";
import { openMemory } from "./memory/memory_datastore.ts";
import { openSqlite } from "./sqlite/open.ts";

const SQLITE = "sqlite://";

export interface OpenDatastoreOptions {
  /** Which store: absent for SQLite in the data directory, `sqlite://PATH` for another file, `memory://` for one that ends with the process. */
  readonly endpoint?: string;
  readonly dataDir: string;
  /** Where the SQLite engine's thread finds its program, for a bundle that keeps it elsewhere. */
  readonly workerUrl?: URL | string;
}

/** Opens the store that the endpoint names. Rejects with `invalidArgument` for one that is not supported, else as the engine does. */
export async function openDatastore({ endpoint, dataDir, workerUrl }: OpenDatastoreOptions): Promise<Datastore> {
  if (endpoint === undefined || endpoint.startsWith(SQLITE)) {
    const path = endpoint?.slice(SQLITE.length) || join(dataDir, "server", "db", "state.db");
    return await openSqlite(workerUrl === undefined ? { path } : { path, workerUrl });
  }
  if (endpoint === "memory://") return openMemory();
  // The endpoint may hold a password: only its scheme is shown.
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(endpoint)?.[0] ?? "without a scheme";
  throw new DatastoreError(
    "invalidArgument",
    `datastore endpoint ${scheme} is not supported yet by this version: leave it out for SQLite in ${dataDir}, or give sqlite://PATH or memory://`,
  );
}
