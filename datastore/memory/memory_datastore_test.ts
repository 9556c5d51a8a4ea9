import { testDatastore } from "../suite/datastore_suite.ts";
import { openMemory } from "./memory_datastore.ts";

testDatastore({
  name: "memory",
  durable: false,
  create: async () => ({ open: async () => openMemory(), dispose: async () => {} }),
});
