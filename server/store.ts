import type { Clock } from "../api/clock.ts";
import { BudgetedDatastore } from "../datastore/budget/budgeted_datastore.ts";
import { startCompactor } from "../datastore/compactor.ts";
import { openDatastore } from "../datastore/open.ts";
import type { MetricFamily } from "./apiserver/http/metrics.ts";
import type { PathRoute } from "./apiserver/http/handler.ts";
import { Encryption } from "./encryption/encryption.ts";
import { encryptionRoutes } from "./encryption/encryption_routes.ts";
import type { ServerOptions } from "./options.ts";
import { withAdvice } from "./snapshots/advice.ts";
import { maintenanceRoutes } from "./snapshots/maintenance_routes.ts";
import { startSnapshots } from "./snapshots/schedule.ts";
import { defaultSnapshotDirectory, SnapshotDirectory } from "./snapshots/snapshot_directory.ts";
import { storeMetrics } from "./store_metrics.ts";

/** 50 MB a day are 600 bytes a second: twenty years of a small flash card. */
const DEFAULT_BYTES_PER_DAY = 50_000_000;

/** A server's datastore with all that cares for it. */
export interface Store {
  readonly datastore: BudgetedDatastore;
  /** To be loaded before objects are read. */
  readonly encryption: Encryption;
  /** What the API answers about it. */
  readonly paths: ReadonlyMap<string, PathRoute>;
  readonly metrics: readonly MetricFamily[];
  close(): Promise<void>;
}

/** Rejects as `openDatastore` does; a damaged store's error says what to restore. */
export async function openStore(
  options: ServerOptions,
  clock: Clock,
): Promise<Store> {
  const { dataDir, datastoreEndpoint: endpoint, datastoreTls: tls, diskWriteBudget, snapshots } = options;
  const directory = new SnapshotDirectory(snapshots?.directory ?? defaultSnapshotDirectory(dataDir));
  const opened = options.datastore ??
    await openDatastore({ dataDir, ...(endpoint && { endpoint }), ...(tls && { tls }) })
      .catch(async (error) => {
        throw await withAdvice(error, directory, storeFlags(dataDir, endpoint));
      });
  const encryption = Encryption.of(opened, { dataDir, clock, enable: options.secretsEncryption ?? false });
  const datastore = new BudgetedDatastore(encryption.datastore, {
    bytesPerDay: diskWriteBudget ?? DEFAULT_BYTES_PER_DAY,
    clock,
  });
  const compactor = startCompactor(datastore, clock);
  const schedule = snapshots && startSnapshots(datastore, clock, { ...snapshots, directory });
  return {
    datastore,
    encryption,
    paths: new Map([...maintenanceRoutes(datastore), ...encryptionRoutes(encryption)]),
    metrics: opened.metrics ? storeMetrics(opened.metrics, () => compactor.failures) : [],
    async close() {
      await schedule?.close();
      await compactor.close();
      await datastore.close();
    },
  };
}

/** Only a file's endpoint is shown: others may hold a password. */
function storeFlags(dataDir: string, endpoint: string | undefined): string {
  if (endpoint === undefined) return `--data-dir ${dataDir}`;
  return `--datastore-endpoint ${endpoint.startsWith("sqlite://") ? endpoint : "…"}`;
}
