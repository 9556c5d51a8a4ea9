import { refusalOf } from "./filter.ts";
import type { NodeInfo, PodFacts } from "./node_info.ts";
import type { Plugin, RefusedNode } from "./plugins/contract.ts";

export type Decision =
  | { readonly outcome: "node"; readonly node: string }
  /** The message is in upstream's form: `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.` */
  | { readonly outcome: "unschedulable"; readonly message: string; readonly refused: readonly RefusedNode[] };

/** Picks a node for a Pod. Pure: equal scores are drawn by `random` (0 ≤ x < 1). `nominated` is where others made room for it. */
export function decide(
  pod: PodFacts,
  nodes: readonly NodeInfo[],
  plugins: readonly Plugin[],
  random: () => number,
  nominated?: string,
): Decision {
  if (nodes.length === 0) {
    return { outcome: "unschedulable", message: "no nodes available to schedule pods", refused: [] };
  }
  const own = nominated && nodes.find(({ node }) => node.metadata.name === nominated);
  if (own && !refusalOf(pod, own, plugins)) return chosen(own);
  const refused: RefusedNode[] = [];
  const feasible: NodeInfo[] = [];
  for (const node of nodes) {
    const refusal = refusalOf(pod, node, plugins);
    if (refusal) refused.push({ node, refusal });
    else feasible.push(node);
  }
  if (feasible.length === 0) {
    const message = explain(nodes.length, refused.flatMap(({ refusal }) => refusal.reasons));
    return { outcome: "unschedulable", message, refused };
  }
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

/** `0/3 nodes are available: ` and every reason with its count, sorted. */
export function explain(total: number, reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const parts = [...counts].map(([reason, count]) => `${count} ${reason}`).toSorted();
  return `0/${total} nodes are available: ${parts.join(", ")}.`;
}
