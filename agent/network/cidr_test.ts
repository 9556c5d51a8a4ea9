import { describe, expect, it } from "vitest";
import { cniConfig } from "./cni.ts";
import { contains, formatCidr, gatewayOf, isIPv4, parseCidr, tryParseCidr } from "./cidr.ts";
import { networkNames } from "./names.ts";

describe("IPv4 networks", () => {
  it("are parsed strictly, host bits cleared", () => {
    expect(formatCidr(parseCidr("x", "10.42.7.9/24"))).toBe("10.42.7.0/24");
    expect(formatCidr(parseCidr("x", "255.255.255.255/0"))).toBe("0.0.0.0/0");
    expect(gatewayOf(parseCidr("x", "192.168.255.0/24"))).toBe("192.168.255.1");
    for (
      const bad of [
        "10.42.0.0",
        "10.42.0.0/33",
        "10.42.0/24",
        "10.42.0.0/24/1",
        "10.42.0.0/+8",
        "fd00::/64",
        "010.0.0.0/8",
      ]
    ) {
      expect(tryParseCidr(bad)).toBeUndefined();
      expect(() => parseCidr("the Pods' network", bad)).toThrow(`the Pods' network ${JSON.stringify(bad)} is not`);
    }
  });

  it("contain their addresses", () => {
    expect(contains(parseCidr("x", "10.42.0.0/24"), "10.42.0.255")).toBe(true);
    expect(contains(parseCidr("x", "10.42.0.0/24"), "10.42.1.0")).toBe(false);
    expect(contains(parseCidr("x", "0.0.0.0/0"), "200.1.2.3")).toBe(true);
    expect(contains(parseCidr("x", "10.42.0.0/24"), "none")).toBe(false);
    expect(isIPv4("1.2.3.4\n")).toBe(false);
  });
});

describe("networkNames", () => {
  it("keeps interfaces within 15 characters and refuses what nft would misread", () => {
    expect(networkNames("skiff")).toEqual({ table: "skiff", bridge: "skiff0" });
    for (const bad of ["", "much-too-long", "a b", "0a", "A", "a;b"]) {
      expect(() => networkNames(bad)).toThrow("instance");
    }
  });
});

describe("cniConfig", () => {
  it("gives Pods addresses and a gateway from the node's network", () => {
    const podCidr = parseCidr("x", "10.42.3.0/24");
    const { plugins: [plugin] } = JSON.parse(cniConfig({ dataDir: "/d", bridge: "skiff0", podCidr, mtu: 1450 }));
    expect(plugin).toMatchObject({ type: "bridge", bridge: "skiff0", mtu: 1450, isGateway: false, ipMasq: false });
    expect(plugin.ipam).toEqual({
      type: "host-local",
      dataDir: "/d/agent/network/addresses",
      ranges: [[{ subnet: "10.42.3.0/24", gateway: "10.42.3.1" }]],
      routes: [{ dst: "0.0.0.0/0", gw: "10.42.3.1" }],
    });
  });
});
