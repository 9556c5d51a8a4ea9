import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { compileLabelSelector } from "../../../api/meta/label_selector.ts";
import type { AggregationRule, ClusterRole, PolicyRule } from "../../../api/types/rbac_v1.ts";

/** The rules of all ClusterRoles that one of the selectors finds, in the order of their names, each once; never those of `name` itself. */
export function aggregatedRules(
  { clusterRoleSelectors = [] }: AggregationRule,
  name: string,
  all: readonly ClusterRole[],
): PolicyRule[] {
  const found: PolicyRule[] = [];
  const byName = all.toSorted((a, b) => (a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1);
  for (const selector of clusterRoleSelectors.map(compileLabelSelector)) {
    for (const { metadata, rules = [] } of byName) {
      if (metadata.name === name || !selector.matches(metadata.labels ?? {})) continue;
      for (const rule of rules) if (!found.some((other) => deepEqual(other, rule))) found.push(rule);
    }
  }
  return found;
}
