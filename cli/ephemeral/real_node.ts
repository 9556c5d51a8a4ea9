import { basename, join } from "node:path";
import { MemberFiles } from "../../agent/join/member_files.ts";
import type { AgentOptions } from "../../agent/options.ts";
import type { RunningServer } from "../../server/server.ts";
import { serverVersion } from "../../server/version.ts";
import type { Host } from "../host.ts";
import { instanceOf } from "../instance.ts";
import { cleanUpCluster } from "../uninstall/clean_up.ts";

/** Networks of a cluster that comes and goes, apart from those of others on this machine. */
export interface Networks {
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  readonly clusterDns: string;
}

const FIRST = 64, LAST = 254;

/** Two networks of 10.0.0.0/8 that nothing is routed to; the random number decides between those. Pure. */
export function freeNetworks(routes: string, random: () => number = Math.random): Networks {
  const taken = new Set(
    routes.trim().split("\n").slice(1).map((line) => line.split("\t")[1] ?? "")
      // Little-endian hexadecimal: 0000400A is 10.64.0.0.
      .filter((destination) => destination.endsWith("0A")).map((destination) => parseInt(destination.slice(4, 6), 16)),
  );
  const free: number[] = [];
  for (let second = FIRST; second < LAST; second += 2) {
    if (!taken.has(second) && !taken.has(second + 1)) free.push(second);
  }
  const second = free[Math.floor(random() * free.length)] ?? FIRST;
  return {
    clusterCidr: `10.${second}.0.0/16`,
    serviceCidr: `10.${second + 1}.0.0/16`,
    clusterDns: `10.${second + 1}.0.10`,
  };
}

export interface RealNodeOptions extends Networks {
  readonly server: RunningServer;
  readonly directory: string;
  readonly host: Host;
  readonly clusterDomain: string;
  /** Archives of images that are to be there. */
  readonly images: readonly string[];
}

/** Makes this machine the cluster's node; what it answers ends that, and takes away containers, mounts, interfaces, rules and cgroups. Needs root. */
export async function startRealNode(options: RealNodeOptions): Promise<() => Promise<void>> {
  const { server, directory, host, images } = options;
  const nodeName = host.name.toLowerCase();
  const folder = join(directory, "agent", "images");
  await Deno.mkdir(folder, { recursive: true });
  for (const [i, path] of images.entries()) await Deno.copyFile(path, join(folder, `${i}-${basename(path)}`));
  const { startAgent } = await import("../../agent/agent.ts");
  const settings: AgentOptions = {
    dataDir: directory,
    nodeName,
    nodeIP: host.address,
    nodeLabels: [],
    nodeTaints: [],
    podCidr: options.clusterCidr.replace(/\/16$/, "/24"),
    clusterCidr: options.clusterCidr,
    serviceCidr: options.serviceCidr,
    clusterDns: options.clusterDns,
    clusterDomain: options.clusterDomain,
    kubeletPort: 0,
    resolvConf: "/etc/resolv.conf",
    instance: await instanceOf(directory),
  };
  const clean = () => cleanUpCluster(directory);
  try {
    const agent = await startAgent({
      ...settings,
      client: server.clientOf({ name: `system:node:${nodeName}`, groups: ["system:nodes", "system:authenticated"] }),
      identity: await server.nodeIdentity({
        name: nodeName,
        addresses: [nodeName, host.address],
        keyHash: (await new MemberFiles(directory).key()).hash,
      }),
      version: serverVersion.gitVersion,
    });
    await agent.ready;
    return async () => {
      await agent.close();
      await clean();
    };
  } catch (error) {
    await clean();
    throw error;
  }
}
