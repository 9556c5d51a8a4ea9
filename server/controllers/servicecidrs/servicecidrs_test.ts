import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { servicecidrs, services } from "../../../api/resources.ts";
import { World } from "../testing/world.ts";
import { serviceCIDRController } from "./servicecidrs.ts";

describe("serviceCIDRController", () => {
  let world: World;
  beforeEach(async () => {
    world = new World();
    await world.start(serviceCIDRController);
  });
  afterEach(() => world.stop());

  const network = (name: string) => world.client.all(servicecidrs).find(({ metadata }) => metadata.name === name);
  const ready = (name: string) => network(name)?.status?.conditions?.find(({ type }) => type === "Ready");

  async function create(name: string, cidr: string): Promise<void> {
    await world.client.create(servicecidrs, { metadata: { name }, spec: { cidrs: [cidr] } });
    await world.settle();
  }

  async function remove(name: string): Promise<void> {
    await world.client.delete(servicecidrs, { name });
    await world.settle(60_000);
  }

  it("says once that a network is ready", async () => {
    await create("kubernetes", "10.43.0.0/16");
    expect(ready("kubernetes")).toMatchObject({ status: "True", message: "Kubernetes Service CIDR is ready" });
    const writes = world.client.writes().length;
    await world.settle(60_000);
    expect(world.client.writes().length).toBe(writes);
  });

  it("lets a network go that no Service has an address of, after a moment", async () => {
    await create("more", "10.99.0.0/24");
    await world.client.delete(servicecidrs, { name: "more" });
    await world.settle();
    expect(network("more")?.metadata.deletionTimestamp).toBeDefined();
    await world.settle(10_000);
    expect(network("more")).toBeUndefined();
  });

  it("keeps a network while a Service has an address of it, and tells why", async () => {
    await create("more", "10.99.0.0/24");
    const spec = { clusterIP: "10.99.0.7", clusterIPs: ["10.99.0.7"] };
    await world.create(services, { metadata: { name: "web" }, spec });
    await remove("more");
    expect(ready("more")).toMatchObject({ status: "False", reason: "Terminating" });
    await world.client.delete(services, { namespace: "default", name: "web" });
    await world.settle(10_000);
    expect(network("more")).toBeUndefined();
  });

  it("lets a network go whose addresses lie in another one", async () => {
    await create("large", "10.99.0.0/16");
    await create("small", "10.99.0.0/24");
    await world.create(services, { metadata: { name: "web" }, spec: { clusterIPs: ["10.99.0.7"] } });
    await remove("small");
    expect(network("small")).toBeUndefined();
  });
});
