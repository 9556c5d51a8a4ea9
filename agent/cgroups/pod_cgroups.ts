import type { Pod } from "../../api/types/core_v1.ts";
import { type QosClass, qosClass } from "../../api/meta/qos_class.ts";
import { cpuQuota, cpuShares, podLimit, podRequest } from "../pods/resources.ts";
import type { PodCgroups } from "../pods/shared.ts";
import { childCgroups, type Limits, makeCgroup, removeCgroup } from "./cgroup.ts";
import type { Hierarchy } from "./hierarchy.ts";

export interface PodCgroupsOptions {
  readonly hierarchy: Hierarchy;
  /** The node's own group, which holds all of them: no two nodes of one machine share it. */
  readonly name: string;
  /** Processes that one Pod may have; no limit when absent. */
  readonly podPidsLimit?: number;
}

const parents: Readonly<Record<QosClass, string>> = {
  Guaranteed: "/kubepods",
  Burstable: "/kubepods/burstable",
  BestEffort: "/kubepods/besteffort",
};

/** The groups of the kubelet's layout, `/NAME/kubepods/burstable/podUID`: each Pod's with the sums of what its containers ask for. */
export function createPodCgroups(options: PodCgroupsOptions): PodCgroups {
  const { hierarchy, name, podPidsLimit } = options;
  const path = (pod: Pod) => `/${name}${parents[qosClass(pod)]}/pod${pod.metadata.uid}`;
  return {
    path,
    async ensure(pod, before) {
      const own = limitsOf(pod);
      const limits = {
        ...(before ? larger(own, limitsOf(before)) : own),
        ...(podPidsLimit === undefined ? {} : { pids: podPidsLimit }),
      };
      await makeCgroup(hierarchy, path(pod), limits);
    },
    async remove(uid) {
      for (const parent of Object.values(parents)) {
        await removeCgroup(hierarchy, `/${name}${parent}/pod${uid}`, { kill: true });
      }
    },
    async list() {
      const children = await Promise.all(
        Object.values(parents).map((parent) => childCgroups(hierarchy, `/${name}${parent}`)),
      );
      return children.flat().filter((child) => child.startsWith("pod")).map((child) => child.slice("pod".length));
    },
  };
}

/** Removes the groups of Pods that are not known any more. */
export async function sweepCgroups(options: PodCgroupsOptions, known: ReadonlySet<string>): Promise<void> {
  for (const parent of Object.values(parents)) {
    for (const child of await childCgroups(options.hierarchy, `/${options.name}${parent}`)) {
      if (!child.startsWith("pod") || known.has(child.slice(3))) continue;
      await removeCgroup(options.hierarchy, `/${options.name}${parent}/${child}`, { kill: true });
    }
  }
}

/** Removes the node's group with everything in it, processes included. */
export async function cleanUpCgroups(hierarchy: Hierarchy, name: string): Promise<void> {
  await removeCgroup(hierarchy, `/${name}`, { kill: true });
}

/** What one of the two has no limit of is left as it is. */
function larger(a: Limits, b: Limits): Limits {
  const limits: Record<string, number> = {};
  for (const key of ["cpuShares", "cpuQuota", "memoryBytes"] as const) {
    if (a[key] !== undefined && b[key] !== undefined) limits[key] = Math.max(a[key], b[key]);
  }
  return limits;
}

function limitsOf(pod: Pod): Limits {
  const cpuLimit = podLimit(pod, "cpu");
  const memoryLimit = podLimit(pod, "memory");
  return {
    cpuShares: cpuShares(podRequest(pod, "cpu")),
    ...(cpuLimit ? { cpuQuota: cpuQuota(cpuLimit) } : {}),
    ...(memoryLimit ? { memoryBytes: memoryLimit } : {}),
  };
}
