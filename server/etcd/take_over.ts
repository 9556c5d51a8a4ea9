import { getLogger } from "@logtape/logtape";
import { openDatastore } from "../../datastore/open.ts";
import { openSqlite } from "../../datastore/sqlite/open.ts";
import { migrate } from "../snapshots/migrate.ts";
import type { EtcdAccess } from "./member_file.ts";
import type { EtcdPaths } from "./paths.ts";

const logger = getLogger(["skiff", "etcd"]);

/** Copies what SQLite holds to a new etcd, with all revisions, and compares. The file stays; {@linkcode setAside} renames it. */
export async function takeOver({ sqlite }: EtcdPaths, { endpoint, tls }: EtcdAccess, dataDir: string): Promise<void> {
  logger.info("moving {sqlite} to etcd", { sqlite });
  const from = await openSqlite({ path: sqlite });
  try {
    const to = await openDatastore({ dataDir, endpoint, tls });
    try {
      const { keys, revision } = await migrate(from, to);
      logger.info("moved and compared {keys} keys at revision {revision}", { keys, revision });
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

/** Renames SQLite's files to `….migrated`, so that nobody takes them for the cluster's state. */
export async function setAside({ sqlite }: EtcdPaths): Promise<void> {
  for (const suffix of ["-wal", "-shm", ""]) {
    await Deno.rename(sqlite + suffix, `${sqlite}.migrated${suffix}`).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}
