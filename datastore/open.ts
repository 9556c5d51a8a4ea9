import { join } from "node:path";
import { type Datastore, DatastoreError } from "./contract.ts";
import { openMemory } from "./memory/memory_datastore.ts";
import { openSqlite } from "./sqlite/open.ts";

const SQLITE = "sqlite://";

/** PEM files for an endpoint that speaks TLS: whom to trust, and who we are. */
export interface DatastoreTls {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

export interface OpenDatastoreOptions {
  /**
   * Which store: absent for SQLite in the data directory, `sqlite://PATH` for another file, `https://host:2379` or `http://host:2379` for an etcd
   * (several members separated by commas), `postgres://user:password@host/database` for PostgreSQL, `memory://` for one that ends with the process.
   */
  readonly endpoint?: string;
  readonly dataDir: string;
  /** For etcd and PostgreSQL. */
  readonly tls?: DatastoreTls;
  /** Where the SQLite engine's thread finds its program, for a bundle that keeps it elsewhere. */
  readonly workerUrl?: URL | string;
}

/**
 * Opens the store that the endpoint names; the libraries of etcd and PostgreSQL are loaded only for them. Rejects with `invalidArgument` for
 * an endpoint that is none, else as the engine does. For etcd, the process must have installed its guard of `node:http2` before.
 */
export async function openDatastore({ endpoint, dataDir, tls, workerUrl }: OpenDatastoreOptions): Promise<Datastore> {
  if (endpoint === undefined || endpoint.startsWith(SQLITE)) {
    const path = endpoint?.slice(SQLITE.length) || join(dataDir, "server", "db", "state.db");
    return await openSqlite(workerUrl === undefined ? { path } : { path, workerUrl });
  }
  const kind = KINDS.find(({ scheme }) => scheme.test(endpoint));
  if (kind) return await kind.open(endpoint, tls ?? {});
  // The endpoint may hold a password: only its scheme is shown.
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(endpoint)?.[0] ?? "without a scheme";
  throw new DatastoreError(
    "invalidArgument",
    `datastore endpoint ${scheme} is not supported: leave it out for SQLite in ${dataDir}, or give ` +
      "sqlite://PATH, https://HOST:2379 or http://HOST:2379 (etcd), postgres://… or memory://",
  );
}

interface Kind {
  readonly scheme: RegExp;
  open(endpoint: string, tls: DatastoreTls): Promise<Datastore>;
}

const KINDS: readonly Kind[] = [
  { scheme: /^memory:\/\/$/, open: async () => openMemory() },
  {
    scheme: /^https?:\/\//,
    async open(endpoint, tls) {
      const { openEtcd } = await import("./etcd/open.ts");
      return await openEtcd({ endpoints: endpoint.split(","), ...tls });
    },
  },
  {
    scheme: /^postgres(ql)?:\/\//,
    async open(url, tls) {
      const { openPostgres } = await import("./postgres/open.ts");
      return await openPostgres({ url, ...tls });
    },
  },
];
