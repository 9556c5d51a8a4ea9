import type { HistoryLimits } from "../mvcc/history.ts";
import { testDatastore } from "../suite/datastore_suite.ts";
import { openEtcd } from "./open.ts";
import { startEtcd } from "./testing/test_etcd.ts";

function engine(name: string, options: { ring?: HistoryLimits }) {
  return {
    name,
    durable: true,
    create: async () => {
      const etcd = await startEtcd();
      return { open: () => openEtcd({ endpoints: [etcd.endpoint], ...options }), dispose: () => etcd.dispose() };
    },
  };
}

testDatastore(engine("etcd", {}));

testDatastore(engine("etcd with hardly any recent changes in memory", { ring: { batches: 3, bytes: 10_000 } }), [
  "watches",
  "compaction",
  "random",
]);
