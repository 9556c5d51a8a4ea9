import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { events, nodes } from "../../../api/resources.ts";
import { World } from "../testing/world.ts";
import { nodeIpam } from "./node_ipam.ts";
import { freeSubnet } from "./subnets.ts";

describe("freeSubnet", () => {
  const cases: readonly [network: string, taken: readonly string[], free: string | undefined][] = [
    ["10.42.0.0/16", [], "10.42.0.0/24"],
    ["10.42.0.0/16", ["10.42.0.0/24", "10.42.2.0/24"], "10.42.1.0/24"],
    ["10.42.0.0/16", ["10.42.2.0/24", "10.42.0.0/23"], "10.42.3.0/24"],
    // Those of a former size or network.
    ["10.42.0.0/16", ["10.42.0.128/25", "10.41.0.0/24", "10.42.1.7/32"], "10.42.2.0/24"],
    ["10.42.0.0/16", ["10.0.0.0/8"], undefined],
    ["192.168.7.0/24", ["192.168.7.0/24"], undefined],
    ["192.168.6.0/23", ["192.168.6.0/24"], "192.168.7.0/24"],
    ["255.255.0.0/16", ["fd00::/64", "nonsense"], "255.255.0.0/24"],
  ];
  for (const [network, taken, free] of cases) {
    it(`of ${network} without ${taken.join(", ") || "anything"} is ${free}`, () => {
      expect(freeSubnet(network, taken)).toBe(free);
    });
  }
});

describe("nodeIpam", () => {
  let world: World;
  beforeEach(() => void (world = new World()));
  afterEach(async () => await world.stop());

  const networks = () =>
    Object.fromEntries(world.client.all(nodes).map(({ metadata, spec }) => [metadata.name, spec?.podCIDRs?.[0]]));
  const add = (name: string, podCIDR?: string) =>
    world.client.create(nodes, {
      metadata: { name },
      spec: podCIDR === undefined ? {} : { podCIDR, podCIDRs: [podCIDR] },
    });

  it("gives each Node a network of its own, which it keeps", async () => {
    await add("old", "10.42.1.0/24");
    await world.start((context) => nodeIpam(context, "10.42.0.0/16"));
    for (const name of ["a", "b", "c"]) await add(name);
    await world.settle();
    expect(networks()).toEqual({ old: "10.42.1.0/24", a: "10.42.0.0/24", b: "10.42.2.0/24", c: "10.42.3.0/24" });
    await world.client.delete(nodes, { name: "a" });
    await add("d");
    await world.settle();
    expect(networks()).toEqual({ old: "10.42.1.0/24", b: "10.42.2.0/24", c: "10.42.3.0/24", d: "10.42.0.0/24" });
  });

  it("says so when there is none left, and gives what becomes free", async () => {
    await world.start((context) => nodeIpam(context, "10.42.0.0/24"));
    await add("a");
    await add("b");
    await world.settle();
    expect(networks()).toEqual({ a: "10.42.0.0/24", b: undefined });
    expect(world.client.all(events).map(({ reason }) => reason)).toEqual(["CIDRNotAvailable"]);
    await world.client.delete(nodes, { name: "a" });
    await world.settle();
    expect(networks()).toEqual({ b: "10.42.0.0/24" });
  });
});
