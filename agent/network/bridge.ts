import { run, tryRun } from "./command.ts";
import { formatIPv4, parseIPv4 } from "./cidr.ts";

export interface BridgeSettings {
  readonly name: string;
  /** The Pods' gateway. */
  readonly address: string;
  readonly prefix: number;
  readonly mtu: number;
  /** In prefix notation: the node's own processes reach cluster IPs with the bridge's address as source, default route or not. */
  readonly serviceCidr: string;
}

interface Link {
  readonly ifname: string;
  readonly linkinfo?: { readonly info_kind?: string };
  readonly addr_info?: readonly { readonly family: string; readonly local: string; readonly prefixlen: number }[];
}

/** Makes the bridge what the settings say; one that is there keeps its ports, so that running Pods notice nothing. */
export async function ensureBridge({ name, address, prefix, mtu, serviceCidr }: BridgeSettings): Promise<void> {
  const there = await findLink(name);
  if (!there) await run("ip", ["link", "add", "name", name, "type", "bridge"]);
  for (const { family, local, prefixlen } of there?.addr_info ?? []) {
    if (family !== "inet" || (local === address && prefixlen === prefix)) continue;
    await run("ip", ["addr", "del", `${local}/${prefixlen}`, "dev", name]);
  }
  await run("ip", ["addr", "replace", `${address}/${prefix}`, "brd", "+", "dev", name]);
  // An address of its own: the kernel's changes with the first and the last port, and Pods would not find their gateway for a while.
  await run("ip", ["link", "set", "dev", name, "address", macOf(address), "mtu", String(mtu), "up"]);
  await run("ip", ["route", "replace", serviceCidr, "dev", name, "src", address]);
}

/** Does nothing when there is none. */
export async function removeBridge(name: string): Promise<void> {
  const link = await findLink(name);
  if (link?.linkinfo?.info_kind === "bridge") await run("ip", ["link", "del", "dev", name]);
}

async function findLink(name: string): Promise<Link | undefined> {
  const { code, stdout } = await tryRun("ip", ["-json", "-details", "addr", "show", "dev", name]);
  if (code !== 0) return undefined;
  return (JSON.parse(stdout) as Link[]).find(({ ifname }) => ifname === name);
}

/** Locally administered, and the same whenever the bridge is made. */
function macOf(address: string): string {
  const bytes = formatIPv4(parseIPv4(address)!).split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
  return ["0a", "58", ...bytes].join(":");
}

/** The MTU of the interface that leads to `address` or has it; 1500 when nobody knows. */
export async function mtuTowards(address: string): Promise<number> {
  const { stdout } = await tryRun("ip", ["-json", "addr", "show", "to", address]);
  const links = JSON.parse(stdout || "[]") as { mtu?: number; ifname?: string }[];
  const mtu = links.find((link) => link.ifname !== undefined && link.ifname !== "lo")?.mtu;
  return Math.min(mtu ?? 1500, 65_535);
}
