import { join, resolve } from "node:path";
import { type Command, Option } from "commander";
import type { OpenDatastoreOptions } from "../datastore/open.ts";
import { dataDirOption } from "./data_dir.ts";
import { findEtcd } from "../server/etcd/member_file.ts";

/** The flags that name a datastore, as `skiff server` has them. */
export interface StoreFlags {
  readonly dataDir: string;
  readonly datastoreEndpoint?: string;
  readonly datastoreCafile?: string;
  readonly datastoreCertfile?: string;
  readonly datastoreKeyfile?: string;
}

export function withStoreFlags(command: Command): Command {
  return withTlsFlags(
    command
      .addOption(dataDirOption("the data directory of the server"))
      .option("--datastore-endpoint <url>", "the datastore, for a server that runs with this flag"),
  );
}

export function withTlsFlags(command: Command): Command {
  return command
    .option("--datastore-cafile <file>", "authority that signed the datastore's certificate")
    .option("--datastore-certfile <file>", "client certificate for the datastore")
    .option("--datastore-keyfile <file>", "its key");
}

export function withSnapshotDirectory(command: Command): Command {
  return command
    .option("--snapshot-dir <dir>", "where snapshots lie (server/db/snapshots in the data directory)")
    .addOption(new Option("--dir <dir>").hideHelp());
}

/** How to open the datastore of the flags, or another one by the same certificates. Without an endpoint it is what the data directory has: an etcd member, or SQLite. */
export async function storeOptions(
  flags: StoreFlags,
  endpoint = flags.datastoreEndpoint,
): Promise<OpenDatastoreOptions> {
  const { datastoreCafile: ca, datastoreCertfile: cert, datastoreKeyfile: key } = flags;
  const dataDir = resolve(flags.dataDir);
  const own = endpoint === undefined ? await findEtcd(dataDir) : undefined;
  if (own !== undefined) return { dataDir, ...own };
  return {
    dataDir,
    ...endpoint !== undefined && { endpoint },
    tls: {
      ...ca !== undefined && { caFile: resolve(ca) },
      ...cert !== undefined && { certFile: resolve(cert) },
      ...key !== undefined && { keyFile: resolve(key) },
    },
  };
}

/** The file of a SQLite datastore; undefined for one that is not in a file. */
export function storeFile({ endpoint, dataDir }: OpenDatastoreOptions): string | undefined {
  if (endpoint === undefined || endpoint === "sqlite://") return join(dataDir, "server", "db", "state.db");
  return endpoint.startsWith("sqlite://") ? endpoint.slice("sqlite://".length) : undefined;
}
