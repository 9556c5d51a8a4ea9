import { describe, expect, it } from "vitest";
import { freeNetworks } from "./real_node.ts";

const HEAD = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n";

describe("freeNetworks", () => {
  it("stays clear of what is routed already", () => {
    // 10.64.0.0/24 and 10.67.0.0/16 are others' networks, 192.168.70.0 is no matter.
    const routes = `${HEAD}a\t0000400A\t0\nb\t0000430A\t0\nc\t0046A8C0\t0\n`;
    const found = Array.from({ length: 95 }, (_, i) => freeNetworks(routes, () => i / 95).clusterCidr);
    expect(found).not.toContain("10.64.0.0/16");
    expect(found).not.toContain("10.66.0.0/16");
    expect(found).toContain("10.70.0.0/16");
    expect(freeNetworks(HEAD, () => 0)).toEqual({
      clusterCidr: "10.64.0.0/16",
      serviceCidr: "10.65.0.0/16",
      clusterDns: "10.65.0.10",
    });
    expect(freeNetworks(HEAD, () => 0.9999).serviceCidr).toBe("10.253.0.0/16");
  });
});
