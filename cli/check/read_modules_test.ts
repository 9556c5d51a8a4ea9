import { describe, expect, it } from "vitest";
import { moduleStates } from "./read_modules.ts";

const none = new Set<string>();

describe("moduleStates", () => {
  it("finds what is loaded, built in, or in a file", () => {
    expect(moduleStates({
      loaded: new Set(["veth"]),
      builtin: "kernel/net/bridge/bridge.ko\n",
      loadable:
        "kernel/drivers/net/vxlan/vxlan.ko.xz: kernel/net/ipv4/udp_tunnel.ko.xz\nkernel/net/br-netfilter.ko.zst:\n",
      config: "CONFIG_NF_TABLES=y\nCONFIG_OVERLAY_FS=m\n# CONFIG_NFT_NAT is not set\n",
    })).toEqual({
      veth: "present",
      bridge: "present",
      nf_tables: "present",
      vxlan: "loadable",
      br_netfilter: "loadable",
      overlay: "missing",
      nft_chain_nat: "missing",
      nf_conntrack: "missing",
    });
  });

  it("believes the configuration where there are no files", () => {
    const states = moduleStates({ loaded: none, config: "CONFIG_VETH=y\nCONFIG_VXLAN=m\n" });
    expect(states).toMatchObject({ veth: "present", vxlan: undefined, bridge: "missing" });
  });

  it("says nothing where nothing is known", () => {
    expect(Object.values(moduleStates({ loaded: none }))).toEqual(Array.from({ length: 8 }, () => undefined));
  });
});
