import { afterAll } from "vitest";
import type { HistoryLimits } from "../mvcc/history.ts";
import { testDatastore } from "../suite/datastore_suite.ts";
import { openPostgres } from "./open.ts";
import { startPostgres, type TestPostgres } from "./testing/test_postgres.ts";

let server: Promise<TestPostgres> | undefined;

function engine(name: string, options: { ring?: HistoryLimits }) {
  return {
    name,
    durable: true,
    create: async () => {
      const url = (await (server ??= startPostgres())).newAddress();
      return { open: () => openPostgres({ url, ...options }), dispose: async () => {} };
    },
  };
}

testDatastore(engine("postgres", {}));

testDatastore(engine("postgres with hardly any recent changes in memory", { ring: { batches: 3, bytes: 10_000 } }), [
  "watches",
  "compaction",
  "random",
]);

afterAll(async () => {
  const running = await server;
  server = undefined;
  await running?.dispose();
});
