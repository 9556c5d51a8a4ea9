import { expect, it } from "vitest";
import { testDatastore } from "../suite/datastore_suite.ts";
import { openMemory } from "./memory_datastore.ts";

testDatastore({
  name: "memory",
  durable: false,
  create: async () => ({ open: async () => openMemory(), dispose: async () => {} }),
});

it("lets timers have their turn while somebody commits on and on", async () => {
  const store = openMemory();
  let fired = false;
  setTimeout(() => fired = true, 0);
  let commits = 0;
  while (!fired && commits < 1_000_000) {
    await store.commit([{ kind: "put", key: "/k", value: `${commits++}` }]);
    // History is not what this is about.
    await store.compact(await store.revision());
  }
  expect(fired).toBe(true);
  await store.close();
});
