import { resolve } from "node:path";
import { detectHierarchy } from "../../agent/cgroups/hierarchy.ts";
import { cleanUpCgroups } from "../../agent/cgroups/pod_cgroups.ts";
import { cleanUpNetwork } from "../../agent/network/clean_up.ts";
import { cleanUpRuntime } from "../../agent/runtime/containerd/clean_up.ts";
import { endEtcd } from "../../server/etcd/supervise.ts";
import { etcdPaths } from "../../server/etcd/paths.ts";
import { instanceOf } from "../instance.ts";

/** containerd makes it, named after the namespace that Kubernetes has in it, and never removes it. */
export const CONTAINERD_CGROUP = "k8s.io";

/** Ends the etcd of a stopped Skiff, and takes its containers off the machine, with their mounts, interfaces, nft table and cgroups. Its data stay. */
export async function cleanUpCluster(dataDir: string): Promise<void> {
  // It outlives a server that was killed.
  await endEtcd(etcdPaths(resolve(dataDir)));
  await cleanUpRuntime({ dataDir });
  const instance = await instanceOf(dataDir);
  await cleanUpNetwork({ instance, dataDir });
  const hierarchy = await detectHierarchy();
  await cleanUpCgroups(hierarchy, instance);
  for (
    const root of hierarchy.version === 2
      ? [hierarchy.root]
      : hierarchy.controllers.map((name) => `${hierarchy.root}/${name}`)
  ) {
    // Refused while another containerd of this machine has something in it.
    await Deno.remove(`${root}/${CONTAINERD_CGROUP}`).catch(() => {});
  }
}
