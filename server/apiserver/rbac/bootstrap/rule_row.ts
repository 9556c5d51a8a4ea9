import type { PolicyRule } from "../../../../api/types/rbac_v1.ts";

/**
 * A rule on one line: verbs, groups, resources and, if it is about some alone, their names; or verbs and URL paths. Each is a list with spaces between; `core`
 * is the group without a name.
 */
export type RuleRow =
  | readonly [verbs: string, groups: string, resources: string, names?: string]
  | readonly [verbs: string, paths: string];

export const read = "get list watch";
export const write = "create delete deletecollection patch update";
export const readWrite = "create delete deletecollection get list patch update watch";
export const writeEvents: RuleRow = ["create patch update", "core events.k8s.io", "events"];

export function policyRule(row: RuleRow): PolicyRule {
  const [verbs, second, resources, names] = row;
  if (resources === undefined) return { verbs: words(verbs), nonResourceURLs: words(second) };
  return {
    verbs: words(verbs),
    apiGroups: words(second).map((group) => group === "core" ? "" : group),
    resources: words(resources),
    ...(names === undefined ? {} : { resourceNames: words(names) }),
  };
}

function words(text: string): string[] {
  return text.split(" ");
}
