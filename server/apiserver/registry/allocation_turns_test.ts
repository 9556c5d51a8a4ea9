import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { services } from "../../../api/resources.ts";
import type { Service } from "../../../api/types/core_v1.ts";
import type { Datastore } from "../../../datastore/contract.ts";
import { openMemory } from "../../../datastore/memory/memory_datastore.ts";
import { TestRegistry } from "./_testing.ts";

/** Room for 14 addresses and 14 node ports. */
const ranges = { serviceCIDR: "10.43.0.0/28", nodePorts: { first: 30000, last: 30013 } };

/** Several commits are under way at once, as with a datastore on a network. */
function delayed(datastore: Datastore): Datastore {
  return new Proxy(datastore, {
    get(target, name) {
      if (name === "commit") {
        return async (...args: Parameters<Datastore["commit"]>) => {
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
          return await target.commit(...args);
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describe("three servers on one datastore", () => {
  let datastore: Datastore;
  let servers: TestRegistry[];
  beforeEach(async () => {
    datastore = delayed(openMemory());
    const open = () => TestRegistry.open({ datastore, shared: true, ...ranges });
    servers = [await open(), await open(), await open()];
    await servers[0]!.addNamespace("default");
  });
  afterEach(async () => {
    for (const { registry } of servers) await registry.close();
    await datastore.close();
  });

  const service = (name: string, spec: Partial<Service["spec"]> = {}): Service => ({
    metadata: { name, namespace: "default" },
    spec: { type: "NodePort", ports: [{ port: 80 }], ...spec },
  });
  const create = (index: number, object: Service) => servers[index % servers.length]!.client.create(services, object);

  it("give out each address and each port once, all there are, and again when they are free", async () => {
    for (const round of ["first", "second"]) {
      const made = await Promise.all(Array.from({ length: 14 }, (_, i) => create(i, service(`${round}-${i}`))));
      expect(new Set(made.map(({ spec }) => spec.clusterIP)).size).toBe(14);
      expect(new Set(made.map(({ spec }) => spec.ports![0]!.nodePort)).size).toBe(14);
      await expect(create(1, service("late"))).rejects.toThrow(
        "failed to allocate a serviceIP: range 10.43.0.0/28 is full",
      );
      await Promise.all(
        made.map(({ metadata }, i) =>
          servers[(i + 1) % 3]!.client.delete(services, { namespace: "default", name: metadata.name! })
        ),
      );
    }
  });

  it("give a thousand Services that are made at once an address each", async () => {
    await using wide = await TestRegistry.open({ datastore, shared: true, serviceCIDR: "10.44.0.0/22" });
    await using other = await TestRegistry.open({ datastore, shared: true, serviceCIDR: "10.44.0.0/22" });
    const made = await Promise.all(
      Array.from(
        { length: 1000 },
        (_, i) => (i % 2 ? wide : other).client.create(services, service(`s-${i}`, { type: "ClusterIP" })),
      ),
    );
    expect(new Set(made.map(({ spec }) => spec.clusterIP)).size).toBe(1000);
  });

  it("give a chosen address and a chosen port to one of those that ask for it at once", async () => {
    const asked = await Promise.allSettled([
      ...[0, 1, 2].map((i) => create(i, service(`address-${i}`, { clusterIP: "10.43.0.5" }))),
      ...[0, 1, 2].map((i) => create(i, service(`port-${i}`, { ports: [{ port: 80, nodePort: 30005 }] }))),
    ]);
    expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
    const words = asked.flatMap((answer) => answer.status === "rejected" ? [(answer.reason as Error).message] : []);
    expect(words.filter((message) => message.includes("provided IP is already allocated"))).toHaveLength(2);
    expect(words.filter((message) => message.includes("provided port is already allocated"))).toHaveLength(2);
  });

  it("give a Service that becomes one of node ports a port of its own", async () => {
    const made = await Promise.all([0, 1, 2].map((i) => create(i, service(`s-${i}`, { type: "ClusterIP" }))));
    const changed = await Promise.all(
      made.map(({ metadata }, i) =>
        servers[i]!.client.patch(services, { namespace: "default", name: metadata.name! }, {
          type: "merge",
          patch: { spec: { type: "NodePort" } },
        })
      ),
    );
    expect(new Set(changed.map(({ spec }) => spec.ports![0]!.nodePort)).size).toBe(3);
    expect(changed.map(({ spec }) => spec.clusterIP)).toEqual(made.map(({ spec }) => spec.clusterIP));
  });

  it("answer one of two creations of the same name that it is there", async () => {
    const asked = await Promise.allSettled([0, 1, 2].map((i) => create(i, service("same"))));
    expect(asked.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected", "rejected"]);
    expect(asked.flatMap((answer) => answer.status === "rejected" ? [(answer.reason as Error).message] : [])).toEqual(
      Array.from({ length: 2 }, () => 'services "same" already exists'),
    );
  });
});
