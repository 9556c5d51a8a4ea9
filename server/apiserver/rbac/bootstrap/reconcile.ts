import { deepEqual } from "../../../../api/meta/deep_equal.ts";
import type { KubeObject } from "../../../../api/resource.ts";
import type { ClusterRole, RoleBinding } from "../../../../api/types/rbac_v1.ts";
import { missingRules } from "../covers.ts";
import { autoupdate } from "./expected.ts";

/** What is to be done to a role or binding that is there. `replace`: its roleRef is another one, and that can never change. */
export type Repair<T> =
  | { readonly action: "none" }
  | { readonly action: "update"; readonly object: T }
  | { readonly action: "replace" };

const none = { action: "none" } as const;

/**
 * Gives a role back what it lacks. What others added stays, and a role annotated `autoupdate: "false"` is left as it is. The same
 * for a Role, which is a ClusterRole that aggregates nothing.
 */
export function repairRole(existing: ClusterRole, expected: ClusterRole): Repair<ClusterRole> {
  if (isProtected(existing)) return none;
  const { rules = [], aggregationRule } = existing;
  const missing = missingRules(rules, expected.rules ?? []);
  const object: ClusterRole = { ...existing, metadata: repairedMetadata(existing, expected) };
  if (missing.length > 0) object.rules = [...rules, ...missing];
  if (expected.aggregationRule === undefined) delete object.aggregationRule;
  else {
    const selectors = aggregationRule?.clusterRoleSelectors ?? [];
    const lacking = (expected.aggregationRule.clusterRoleSelectors ?? [])
      .filter((selector) => !selectors.some((other) => deepEqual(other, selector)));
    object.aggregationRule = { clusterRoleSelectors: [...selectors, ...lacking] };
  }
  return deepEqual(object, existing) ? none : { action: "update", object };
}

/** The same for a binding and its subjects. */
export function repairBinding(existing: RoleBinding, expected: RoleBinding): Repair<RoleBinding> {
  if (isProtected(existing)) return none;
  if (!deepEqual(existing.roleRef, expected.roleRef)) return { action: "replace" };
  const { subjects = [] } = existing;
  const lacking = (expected.subjects ?? []).filter((subject) => !subjects.some((other) => deepEqual(other, subject)));
  const object = { ...existing, metadata: repairedMetadata(existing, expected) };
  if (lacking.length > 0) object.subjects = [...subjects, ...lacking];
  return deepEqual(object, existing) ? none : { action: "update", object };
}

function isProtected({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[autoupdate] === "false";
}

/** Labels and annotations that are set count more than the expected ones. */
function repairedMetadata(existing: KubeObject, expected: KubeObject): KubeObject["metadata"] {
  return {
    ...existing.metadata,
    labels: { ...expected.metadata.labels, ...existing.metadata.labels },
    annotations: { ...expected.metadata.annotations, ...existing.metadata.annotations },
  };
}
