import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ipaddresses, services } from "../../../api/resources.ts";
import { World } from "../testing/world.ts";
import { ipAddressController } from "./ip_addresses.ts";

describe("ipAddressController", () => {
  let world: World;
  beforeEach(async () => {
    world = new World();
    await world.start(ipAddressController);
  });
  afterEach(() => world.stop());

  const service = { namespace: "default", name: "web" };
  const shown = () =>
    world.client.all(ipaddresses).map(({ metadata: { name }, spec: { parentRef: p } }) =>
      `${name} ${p?.resource} ${p?.namespace}/${p?.name}`
    );

  async function create(name: string, ...clusterIPs: string[]): Promise<void> {
    await world.create(services, { metadata: { name }, spec: { clusterIP: clusterIPs[0]!, clusterIPs } });
    await world.settle();
  }

  it("shows the addresses of a Service while it has them", async () => {
    await create("web", "10.43.0.7", "fd00::7");
    expect(shown()).toEqual(["10.43.0.7 services default/web", "fd00::7 services default/web"]);
    expect(world.client.all(ipaddresses)[1]?.metadata.labels).toEqual({
      "ipaddress.kubernetes.io/ip-family": "IPv6",
      "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
    });
    await world.client.patch(services, service, { type: "merge", patch: { spec: { clusterIPs: ["10.43.0.7"] } } });
    await world.settle();
    expect(shown()).toEqual(["10.43.0.7 services default/web"]);
    await world.client.delete(services, service);
    await world.settle();
    expect(shown()).toEqual([]);
  });

  it("shows none for a headless Service", async () => {
    await create("web", "None");
    expect(shown()).toEqual([]);
  });

  it("makes one again that is deleted, and one that has come to another Service", async () => {
    await create("web", "10.43.0.7");
    await world.client.delete(ipaddresses, { name: "10.43.0.7" });
    await world.settle();
    expect(shown()).toEqual(["10.43.0.7 services default/web"]);
    await world.client.delete(services, service);
    await create("next", "10.43.0.7");
    expect(shown()).toEqual(["10.43.0.7 services default/next"]);
  });

  it("leaves those alone that it did not make", async () => {
    const parentRef = { resource: "gateways", namespace: "default", name: "mine" };
    await world.client.create(ipaddresses, { metadata: { name: "10.43.0.8" }, spec: { parentRef } });
    await create("web", "10.43.0.8");
    await world.client.delete(services, service);
    await world.settle();
    expect(shown()).toEqual(["10.43.0.8 gateways default/mine"]);
  });
});
