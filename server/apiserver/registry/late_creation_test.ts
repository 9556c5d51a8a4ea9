import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../api/meta/_seeded_random.ts";
import { configmaps, namespaces } from "../../../api/resources.ts";
import type { StatusError } from "../../../api/status.ts";
import type { Namespace } from "../../../api/types/core_v1.ts";
import type { Datastore } from "../../../datastore/contract.ts";
import { openMemory } from "../../../datastore/memory/memory_datastore.ts";
import { TestRegistry } from "./_testing.ts";

/** A datastore whose commits take as long as `delay` says. */
function slowed(datastore: Datastore, delay: (value: string) => Promise<void>): Datastore {
  return new Proxy(datastore, {
    get(target, property) {
      const found = Reflect.get(target, property) as unknown;
      if (property === "commit") {
        return async (...[operations, ...rest]: Parameters<Datastore["commit"]>) => {
          const [first] = operations;
          await delay(first?.kind === "put" ? first.value : "");
          return await target.commit(operations, ...rest);
        };
      }
      return typeof found === "function" ? found.bind(target) : found;
    },
  });
}

describe("an object on its way into a namespace that ends", () => {
  async function race(prepare: (test: TestRegistry) => Promise<unknown>): Promise<string> {
    const held = Promise.withResolvers<void>();
    const datastore = slowed(
      openMemory(),
      (value) => value.includes('"name":"late"') ? held.promise : Promise.resolve(),
    );
    await using test = await TestRegistry.open({ datastore });
    await test.addNamespace("n");
    const creating = test.client.create(configmaps, { metadata: { name: "late", namespace: "n" } })
      .then(() => "accepted", (error: StatusError) => error.message);
    await prepare(test);
    held.resolve();
    const answer = await creating;
    expect((await test.client.list(configmaps, { namespace: "n" })).items).toEqual([]);
    await datastore.close();
    return answer;
  }

  it("is taken back when it is marked", async () => {
    const answer = await race((test) => test.client.delete(namespaces, { name: "n" }));
    expect(answer).toContain("unable to create new content in namespace n because it is being terminated");
  });

  it("is taken back when it is gone", async () => {
    const answer = await race(async ({ client }) => {
      await client.delete(namespaces, { name: "n" });
      const found = await client.get(namespaces, { name: "n" });
      await client.update<Namespace>(namespaces, { ...found, spec: {} }, { subresource: "finalize" });
    });
    expect(answer).toBe('namespaces "n" not found');
  });

  it("is never left behind, whenever it comes", async () => {
    const random = seededRandom();
    console.log(`seed ${random.seed}`);
    const datastore = slowed(openMemory(), async () => {
      for (let i = random.below(6); i > 0; i--) await Promise.resolve();
    });
    await using test = await TestRegistry.open({ datastore });
    for (let round = 0; round < 50; round++) {
      const namespace = `n${round}`;
      await test.client.create(namespaces, { metadata: { name: namespace }, spec: {} });
      const end = async () => {
        await test.client.delete(namespaces, { name: namespace });
        await test.client.deleteCollection(configmaps, { namespace });
        const found = await test.client.get(namespaces, { name: namespace });
        await test.client.update<Namespace>(namespaces, { ...found, spec: {} }, { subresource: "finalize" });
      };
      const make = async (name: string) => {
        for (let i = random.below(30); i > 0; i--) await Promise.resolve();
        await test.client.create(configmaps, { metadata: { name, namespace } }).catch(() => {});
      };
      await Promise.all([end(), ...["a", "b", "c"].map(make)]);
      expect((await test.client.list(configmaps, { namespace })).items).toEqual([]);
    }
    await datastore.close();
  });
});
