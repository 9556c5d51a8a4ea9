import { namespaces } from "../../api/resources.ts";
import { testClient } from "../suite_test_cases.ts";
import { MemoryClient } from "./memory_client.ts";

testClient("in memory, for tests", async () => {
  const client = new MemoryClient();
  await client.create(namespaces, { metadata: { name: "test" }, spec: { finalizers: ["kubernetes"] } });
  return { client, namespace: "test", close: async () => client.dropWatches() };
});
