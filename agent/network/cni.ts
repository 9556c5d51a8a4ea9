import { type Cidr, formatCidr, gatewayOf } from "./cidr.ts";

export interface CniSettings {
  readonly dataDir: string;
  readonly bridge: string;
  readonly podCidr: Cidr;
  readonly mtu: number;
}

/**
 * The Pod network for containerd: the bridge plugin with host-local addresses. The bridge, its address, masquerading and host ports are ours
 * (`isGateway`, `ipMasq` and the portmap plugin would need iptables). Hairpin mode, because a frame whose destination is translated while it
 * is bridged goes on at layer 2: back out of the port it came from, when a Pod calls itself through a Service.
 */
export function cniConfig({ dataDir, bridge, podCidr, mtu }: CniSettings): string {
  const gateway = gatewayOf(podCidr);
  const config = {
    // Understood by the plugins of Debian 11 and by containerd 1.6.
    cniVersion: "0.4.0",
    name: bridge,
    plugins: [{
      type: "bridge",
      bridge,
      isGateway: false,
      ipMasq: false,
      hairpinMode: true,
      promiscMode: false,
      mtu,
      ipam: {
        type: "host-local",
        dataDir: addressDirectory(dataDir),
        ranges: [[{ subnet: formatCidr(podCidr), gateway }]],
        routes: [{ dst: "0.0.0.0/0", gw: gateway }],
      },
    }],
  };
  return JSON.stringify(config, null, 2) + "\n";
}

/** Where host-local notes which address is whose. */
export function addressDirectory(dataDir: string): string {
  return `${dataDir}/agent/network/addresses`;
}

/** Replaces `DIR/agent/etc/cni/net.d/10-skiff.conflist`; containerd watches the directory. */
export async function writeCniConfig(settings: CniSettings): Promise<void> {
  const directory = cniDirectory(settings.dataDir);
  const path = `${directory}/10-skiff.conflist`;
  const text = cniConfig(settings);
  await Deno.mkdir(directory, { recursive: true });
  if (await Deno.readTextFile(path).catch(() => "") === text) return;
  // The suffix keeps containerd from reading half of it.
  await Deno.writeTextFile(`${path}.new`, text);
  await Deno.rename(`${path}.new`, path);
}

/** Where containerd looks for its network. */
export function cniDirectory(dataDir: string): string {
  return `${dataDir}/agent/etc/cni/net.d`;
}
