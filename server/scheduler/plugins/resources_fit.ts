import type { NodeInfo, PodFacts } from "../node_info.ts";
import type { Plugin } from "./contract.ts";

/** Scores look at these two; Pods that ask for none count as much as a small one would, so that they spread too. */
const SCORED = new Map([["cpu", 100], ["memory", 200 * 2 ** 20]]);

function afterwards(pod: PodFacts, node: NodeInfo): number[] {
  return [...SCORED].map(([name, least]) => {
    const allocatable = node.allocatable.get(name) ?? 0;
    const used = (node.requested.get(name) ?? 0) + (pod.requests.get(name) || least);
    return allocatable === 0 ? 1 : Math.min(used / allocatable, 1);
  });
}

export const resourcesFit: Plugin = {
  name: "NodeResourcesFit",
  filter(pod, node) {
    const reasons: string[] = [];
    let unresolvable = false;
    if (node.pods.size + 1 > (node.allocatable.get("pods") ?? 0)) reasons.push("Too many pods");
    for (const [name, wanted] of pod.requests) {
      const allocatable = node.allocatable.get(name) ?? 0;
      if (wanted > 0 && wanted > allocatable - (node.requested.get(name) ?? 0)) {
        reasons.push(`Insufficient ${name}`);
        unresolvable ||= wanted > allocatable;
      }
    }
    return reasons.length > 0 ? { reasons, unresolvable } : undefined;
  },
  score: {
    weight: 1,
    /** The emptier the node will be, the better. */
    of(pod, node) {
      const fractions = afterwards(pod, node);
      return fractions.reduce((sum, fraction) => sum + (1 - fraction) * 100, 0) / fractions.length;
    },
  },
};

export const balancedAllocation: Plugin = {
  name: "NodeResourcesBalancedAllocation",
  score: {
    weight: 1,
    /** The more evenly CPU and memory will be used, the better. */
    of(pod, node) {
      const [cpu = 0, memory = 0] = afterwards(pod, node);
      return 100 * (1 - Math.abs(cpu - memory) / 2);
    },
  },
};
