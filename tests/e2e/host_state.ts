import { instanceOf } from "../../cli/instance.ts";
import { containerdPaths } from "../../agent/runtime/containerd/paths.ts";

/** How a cluster's things are called on its host. Others may run beside it, so that what is new there need not be its own. */
export interface HostNames {
  readonly dataDir: string;
  readonly instance: string;
  /** containerd's state: sockets, network namespaces. */
  readonly runDir: string;
}

export async function hostNames(dataDir: string): Promise<HostNames> {
  return { dataDir, instance: await instanceOf(dataDir), runDir: containerdPaths(dataDir).state };
}

async function lines(label: string, command: string, args: readonly string[] = []): Promise<string[]> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", command, "sh", ...args], stderr: "null" }).output();
  return new TextDecoder().decode(stdout).split("\n").filter(Boolean).map((line) => `${label}: ${line}`);
}

/** The host's ends of the Pods' interfaces; to be read while the cluster runs. */
export async function podInterfaces({ instance }: HostNames): Promise<string[]> {
  const { stdout } = await new Deno.Command("ip", {
    args: ["-o", "link", "show", "master", `${instance}0`],
    stderr: "null",
  }).output();
  return [...new TextDecoder().decode(stdout).matchAll(/^\d+: ([^@:]+)/gm)].map((match) => match[1]!);
}

/** What of the cluster is on its host, one line each; `interfaces` are those that {@linkcode podInterfaces} found. */
export async function traces(
  { dataDir, instance, runDir }: HostNames,
  interfaces: readonly string[],
): Promise<string[]> {
  const found = await Promise.all([
    lines("mount", `awk '{print $5}' /proc/self/mountinfo | grep -F -e "$1" -e "$2"`, [dataDir, runDir]),
    lines("interface", `ip -o link | awk -F': ' '{print $2}' | grep -e "^$1"`, [instance]),
    lines("nft table", `nft list tables | grep -w "$1"`, [instance]),
    lines("cgroup", `find /sys/fs/cgroup -maxdepth 2 -name "$1"`, [instance]),
    lines("process", `pgrep -af -- "$1|$2" | grep -v -e pgrep -e "sh -c" -e kubectl`, [`${dataDir}/`, runDir]),
    lines("run directory", `ls -d "$1"`, [runDir]),
    ...interfaces.map((name) => lines("interface", `ip -o link show "$1"`, [name])),
  ]);
  return found.flat();
}
