import type { Clock } from "../api/clock.ts";
import { BudgetedDatastore } from "../datastore/budget/budgeted_datastore.ts";
import { startCompactor } from "../datastore/compactor.ts";
import type { Datastore } from "../datastore/contract.ts";
import { openDatastore } from "../datastore/open.ts";
import type { PathRoute } from "./apiserver/http/handler.ts";
import { Encryption } from "./encryption/encryption.ts";
import { encryptionRoutes } from "./encryption/encryption_routes.ts";
import type { ServerOptions } from "./options.ts";
import { withAdvice } from "./snapshots/advice.ts";
import { maintenanceRoutes } from "./snapshots/maintenance_routes.ts";
import { startSnapshots } from "./snapshots/schedule.ts";
import { defaultSnapshotDirectory, SnapshotDirectory } from "./snapshots/snapshot_directory.ts";

/** 50 MB a day are 600 bytes a second: twenty years of a small flash card. */
const DEFAULT_BYTES_PER_DAY = 50_000_000;

/** A server's datastore with all that cares for it. */
export interface Store {
  readonly datastore: BudgetedDatastore;
  /** What the API answers about it. */
  readonly paths: ReadonlyMap<string, PathRoute>;
  close(): Promise<void>;
}

/** What is done for a datastore that other servers use, too. */
export interface Sharing {
  /** Takes what the cluster's servers have in common; before anything else is read. */
  prepare(datastore: Datastore): Promise<void>;
  /** Tells the others of a new configuration of Secrets' encryption. */
  shareEncryption(datastore: Datastore, text: string): Promise<void>;
}

/** Rejects as `openDatastore` does; a damaged store's error says what to restore. */
export async function openStore(
  { dataDir, datastoreEndpoint: endpoint, datastoreTls: tls, diskWriteBudget, snapshots, secretsEncryption }:
    ServerOptions,
  clock: Clock,
  sharing?: Sharing,
): Promise<Store> {
  const directory = new SnapshotDirectory(snapshots?.directory ?? defaultSnapshotDirectory(dataDir));
  const opened = await openDatastore({ dataDir, ...(endpoint && { endpoint }), ...(tls && { tls }) })
    .catch(async (error) => {
      throw await withAdvice(error, directory, storeFlags(dataDir, endpoint));
    });
  const encryption = await openEncryption().catch(async (error) => {
    await opened.close();
    throw error;
  });
  const datastore = new BudgetedDatastore(encryption.datastore, {
    bytesPerDay: diskWriteBudget ?? DEFAULT_BYTES_PER_DAY,
    clock,
  });
  const compactor = startCompactor(datastore, clock);
  const schedule = snapshots && startSnapshots(datastore, clock, { ...snapshots, directory });
  return {
    datastore,
    paths: new Map([...maintenanceRoutes(datastore), ...encryptionRoutes(encryption)]),
    async close() {
      await schedule?.close();
      await compactor.close();
      await datastore.close();
    },
  };

  async function openEncryption(): Promise<Encryption> {
    await sharing?.prepare(opened);
    const share = sharing && { share: (text: string) => sharing.shareEncryption(opened, text) };
    return await Encryption.open(opened, { dataDir, clock, enable: secretsEncryption ?? false, ...share });
  }
}

/** Only a file's endpoint is shown: others may hold a password. */
function storeFlags(dataDir: string, endpoint: string | undefined): string {
  if (endpoint === undefined) return `--data-dir ${dataDir}`;
  return `--datastore-endpoint ${endpoint.startsWith("sqlite://") ? endpoint : "…"}`;
}
