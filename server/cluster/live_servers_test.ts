import { describe, expect, it } from "vitest";
import type { Lease } from "../../api/types/coordination_v1.ts";
import { ADDRESS_ANNOTATION, LiveServers } from "./live_servers.ts";

function lease(name: string, address: string, resourceVersion: number): Lease {
  return {
    metadata: { name, resourceVersion: `${resourceVersion}`, annotations: { [ADDRESS_ANNOTATION]: address } },
    spec: {},
  };
}

describe("live servers", () => {
  it("are those whose Lease goes on changing, whatever its times say", () => {
    const live = new LiveServers(15);
    const a = (version: number) => lease("a", "192.0.2.1", version);
    const b = (version: number) => lease("b", "192.0.2.2", version);
    expect(live.observe([b(1), a(1)], 0)).toEqual({ addresses: ["192.0.2.1", "192.0.2.2"], dead: [] });
    expect(live.observe([a(2), b(1)], 14).addresses).toEqual(["192.0.2.1", "192.0.2.2"]);
    expect(live.observe([a(2), b(1)], 15)).toEqual({ addresses: ["192.0.2.1"], dead: [b(1)] });
    expect(live.observe([a(3), b(2)], 20).addresses).toEqual(["192.0.2.1", "192.0.2.2"]);
  });

  it("begin anew when their Lease was removed", () => {
    const live = new LiveServers(15);
    live.observe([lease("a", "192.0.2.1", 1)], 0);
    expect(live.observe([], 10)).toEqual({ addresses: [], dead: [] });
    expect(live.observe([lease("a", "192.0.2.1", 1)], 20).addresses).toEqual(["192.0.2.1"]);
  });
});
