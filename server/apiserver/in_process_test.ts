import { describe, expect, it } from "vitest";
import { configmaps } from "../../api/resources.ts";
import { isExpired } from "../../api/status.ts";
import { testClient } from "../../client/suite_test_cases.ts";
import { context, TestRegistry } from "./registry/_testing.ts";

testClient("in process", async () => {
  const test = await TestRegistry.open();
  return { client: test.client, namespace: "default", close: () => test[Symbol.asyncDispose]() };
});

describe("the in-process client", () => {
  it("hands out the registry's own objects", async () => {
    await using test = await TestRegistry.open();
    const target = { namespace: "default", name: "a" };
    const made = await test.client.create(configmaps, { metadata: { ...target } });
    const entry = await test.store(configmaps).get(context, target);
    expect(entry.object).toBe(made);
    const { items } = await test.client.list(configmaps);
    expect(items[0]).toBe(made);
  });

  it("leaves what it is given as it is", async () => {
    await using test = await TestRegistry.open();
    const given = Object.freeze({ metadata: Object.freeze({ generateName: "a-", namespace: "default" }) });
    await test.client.create(configmaps, given);
    expect(given).toEqual({ metadata: { generateName: "a-", namespace: "default" } });
  });

  it("tells a watcher that stopped reading to list again", async () => {
    await using test = await TestRegistry.open();
    const target = { namespace: "default", name: "a" };
    await test.client.create(configmaps, { metadata: { ...target } });
    const watch = test.client.watch(configmaps, { namespace: "default" })[Symbol.asyncIterator]();
    await watch.next();
    // Past the limit of the queue, with one cheap write for each event.
    const writes = 100_001;
    for (let i = 0; i < writes; i += 500) {
      for (let j = 0; j < 500 && i + j < writes; j++) {
        const value = JSON.stringify({
          kind: "ConfigMap",
          apiVersion: "v1",
          metadata: { ...target },
          data: { n: String(i + j) },
        });
        await test.datastore.commit([{ kind: "put", key: "/registry/configmaps/default/a", value }]);
      }
    }
    const lost = await watch.next().catch((error) => error);
    expect(isExpired(lost)).toBe(true);
  });
});
