import { getLogger } from "@logtape/logtape";
import { NetworkError } from "./error.ts";

const log = getLogger(["skiff", "network"]);

/** Whether bridged frames pass the ip hooks. A kernel without br_netfilter, or with it as a module that is not loaded, has no such setting. */
export async function letBridgeFilter(): Promise<boolean> {
  // Loading may be forbidden in a container, or need no module: the setting tells.
  await new Deno.Command("sh", {
    args: ["-c", "PATH=$PATH:/usr/sbin:/sbin; [ -e /proc/sys/net/bridge ] || modprobe br_netfilter"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  try {
    await writeSetting("net/bridge/bridge-nf-call-iptables", "1");
    return true;
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    log.info("Pods see the bridge's address instead of each other's behind Services: {error}", {
      error: error.message,
    });
    return false;
  }
}

export function letForward(): Promise<void> {
  return writeSetting("net/ipv4/ip_forward", "1");
}

/** Writes a kernel setting unless it has the value: the file may be read-only where somebody set it before. */
async function writeSetting(setting: string, value: string): Promise<void> {
  const path = `/proc/sys/${setting}`;
  try {
    if ((await Deno.readTextFile(path)).trim() !== value) await Deno.writeTextFile(path, value);
  } catch (cause) {
    const name = setting.replaceAll("/", ".");
    throw new NetworkError("commandFailed", `cannot set ${name} to ${value}: ${(cause as Error).message}`, { cause });
  }
}
