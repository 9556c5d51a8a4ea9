import type { NodeInfo, PodFacts } from "../node_info.ts";
import { priorityOf } from "../node_info.ts";
import type { PostFilterContext } from "../plugins/contract.ts";
import { splitByBudget } from "./budget_split.ts";
import { byImportance } from "./importance.ts";
import { NodeSketch } from "./node_sketch.ts";

/** A node that would take the Pod if the victims went. */
export interface Candidate {
  readonly node: string;
  /** At least one; the most important first. */
  readonly victims: readonly PodFacts[];
  /** How many of them a disruption budget would keep. */
  readonly violations: number;
}

/**
 * The fewest Pods of lower priority that must leave the node: all of them are taken away, and put back, those that a budget keeps and the most
 * important first, as long as the Pod still fits. Answers why not when it does not fit, or nobody can go.
 */
export function selectVictims(
  pod: PodFacts,
  node: NodeInfo,
  { refusal, budgets }: PostFilterContext,
): Candidate | { readonly reasons: readonly string[] } {
  const lower = [...node.pods.values()].filter((other) => priorityOf(other.pod) < priorityOf(pod.pod))
    .toSorted((a, b) => byImportance(a.pod, b.pod));
  if (lower.length === 0) return { reasons: ["No preemption victims found for incoming pod"] };
  const sketch = new NodeSketch(node);
  for (const other of lower) sketch.remove(other);
  const refused = refusal(pod, sketch);
  if (refused) return refused;

  const victims: PodFacts[] = [];
  const isVictim = (other: PodFacts): boolean => {
    sketch.add(other);
    if (!refusal(pod, sketch)) return false;
    sketch.remove(other);
    victims.push(other);
    return true;
  };
  const { violating, others } = splitByBudget(lower, budgets);
  const violations = violating.filter(isVictim).length;
  others.forEach(isVictim);
  victims.sort((a, b) => byImportance(a.pod, b.pod));
  return { node: node.node.metadata.name!, victims, violations };
}
