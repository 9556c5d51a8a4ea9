import { compileLabelSelector, SelectorError } from "../../../api/meta/label_selector.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import type { PodDisruptionBudget } from "../../../api/types/policy_v1.ts";
import type { PodFacts } from "../node_info.ts";

/** Pods whose going would break a budget, and the others; each in the order given, in which the budgets are spent. */
export interface BudgetSplit {
  readonly violating: readonly PodFacts[];
  readonly others: readonly PodFacts[];
}

export function splitByBudget(pods: readonly PodFacts[], budgets: readonly PodDisruptionBudget[]): BudgetSplit {
  const accounts = budgets.map((budget) => ({
    budget,
    covers: coverage(budget),
    left: budget.status?.disruptionsAllowed ?? 0,
  }));
  const violating: PodFacts[] = [];
  const others: PodFacts[] = [];
  for (const facts of pods) {
    const { pod } = facts;
    let broken = false;
    for (const account of accounts) {
      // A Pod that the budget has been charged for already costs it nothing more.
      if (!account.covers(pod) || account.budget.status?.disruptedPods?.[pod.metadata.name!]) continue;
      account.left--;
      broken ||= account.left < 0;
    }
    (broken ? violating : others).push(facts);
  }
  return { violating, others };
}

/** As upstream's scheduler has it, and unlike eviction: an empty selector is about no Pod, and no budget about a Pod without labels. */
function coverage({ metadata, spec: { selector } }: PodDisruptionBudget): (pod: Pod) => boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  if (Object.keys(matchLabels).length + matchExpressions.length === 0) return () => false;
  try {
    const compiled = compileLabelSelector(selector);
    return (pod) =>
      pod.metadata.namespace === metadata.namespace && Object.keys(pod.metadata.labels ?? {}).length > 0 &&
      compiled.matches(pod.metadata.labels ?? {});
  } catch (error) {
    if (error instanceof SelectorError) return () => false;
    throw error;
  }
}
