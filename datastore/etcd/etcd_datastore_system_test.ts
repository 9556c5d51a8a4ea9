import { testDatastore } from "../suite/datastore_suite.ts";
import { openEtcd } from "./open.ts";
import { startEtcd } from "./testing/test_etcd.ts";

testDatastore({
  name: "etcd",
  durable: true,
  create: async () => {
    const etcd = await startEtcd();
    return { open: () => openEtcd({ endpoints: [etcd.endpoint] }), dispose: () => etcd.dispose() };
  },
});
