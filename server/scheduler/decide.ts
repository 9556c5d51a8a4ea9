import type { NodeInfo, PodFacts } from "./node_info.ts";
import type { Plugin } from "./plugins/contract.ts";

export type Decision =
  | { readonly outcome: "node"; readonly node: string }
  /** In upstream's form: `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.` */
  | { readonly outcome: "unschedulable"; readonly message: string };

/** Picks a node for a Pod. Pure: equal scores are drawn by `random` (0 ≤ x < 1). */
export function decide(
  pod: PodFacts,
  nodes: readonly NodeInfo[],
  plugins: readonly Plugin[],
  random: () => number,
): Decision {
  if (nodes.length === 0) return { outcome: "unschedulable", message: "no nodes available to schedule pods" };
  const refusals = new Map<string, number>();
  const feasible: NodeInfo[] = [];
  for (const node of nodes) {
    const refusal = firstRefusal(pod, node, plugins);
    if (!refusal) feasible.push(node);
    else for (const reason of refusal) refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
  }
  if (feasible.length === 0) return { outcome: "unschedulable", message: explain(nodes.length, refusals) };
  if (feasible.length === 1) return chosen(feasible[0]!);
  let best: NodeInfo[] = [];
  let highest = -Infinity;
  for (const node of feasible) {
    let score = 0;
    for (const plugin of plugins) if (plugin.score) score += plugin.score.weight * plugin.score.of(pod, node);
    if (score > highest) [highest, best] = [score, [node]];
    else if (score === highest) best.push(node);
  }
  return chosen(best[Math.floor(random() * best.length)]!);
}

function chosen({ node }: NodeInfo): Decision {
  return { outcome: "node", node: node.metadata.name! };
}

function firstRefusal(pod: PodFacts, node: NodeInfo, plugins: readonly Plugin[]): readonly string[] | undefined {
  for (const plugin of plugins) {
    const refusal = plugin.filter?.(pod, node);
    if (refusal) return refusal.reasons;
  }
  return undefined;
}

function explain(total: number, refusals: ReadonlyMap<string, number>): string {
  const parts = [...refusals].map(([reason, count]) => `${count} ${reason}`).toSorted();
  return `0/${total} nodes are available: ${parts.join(", ")}.`;
}
