import { afterAll } from "vitest";
import { testDatastore } from "../suite/datastore_suite.ts";
import { openPostgres } from "./open.ts";
import { startPostgres, type TestPostgres } from "./testing/test_postgres.ts";

let server: Promise<TestPostgres> | undefined;

testDatastore({
  name: "postgres",
  durable: true,
  create: async () => {
    const url = (await (server ??= startPostgres())).newAddress();
    return { open: () => openPostgres({ url }), dispose: async () => {} };
  },
});

afterAll(async () => {
  const running = await server;
  server = undefined;
  await running?.dispose();
});
