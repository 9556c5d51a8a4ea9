import { describe, expect, it } from "vitest";
import { parseCidr } from "./cidr.ts";
import { remoteNodes } from "./remote_nodes.ts";

const cluster = parseCidr("x", "10.42.0.0/16");

function makeNode(name: string, podCIDR: string, ...addresses: string[]) {
  return {
    metadata: { name },
    spec: { podCIDR },
    status: { addresses: addresses.map((a) => ({ type: "InternalIP", address: a })) },
  };
}

describe("remoteNodes", () => {
  it("are the others that have an IPv4 address and a share of the cluster's network", () => {
    const nodes = [
      makeNode("c", "10.42.2.0/24", "fd00::3", "192.0.2.3"),
      makeNode("own", "10.42.0.0/24", "192.0.2.1"),
      makeNode("b", "10.42.1.0/24", "192.0.2.2"),
      makeNode("no-address", "10.42.3.0/24"),
      makeNode("no-network", "", "192.0.2.4"),
      makeNode("everything", "0.0.0.0/0", "192.0.2.5"),
      makeNode("elsewhere", "192.168.0.0/24", "192.0.2.6"),
    ];
    expect(remoteNodes(nodes, "own", cluster)).toEqual([
      { name: "b", address: "192.0.2.2", podCidr: "10.42.1.0/24" },
      { name: "c", address: "192.0.2.3", podCidr: "10.42.2.0/24" },
    ]);
  });
});
