import type { ResourceQuota, ScopedResourceSelectorRequirement } from "../../api/types/core_v1.ts";

type Scope = ScopedResourceSelectorRequirement;

/** All conditions on the objects that a quota counts. */
export function scopesOf({ spec }: ResourceQuota): readonly Scope[] {
  const plain = (spec.scopes ?? []).map((scopeName): Scope => ({ scopeName, operator: "Exists" }));
  return [...plain, ...spec.scopeSelector?.matchExpressions ?? []];
}

/** Whether a scope's operator holds for the one value that an object has, or for its having none. */
export function holdsFor({ operator, values = [] }: Scope, value: string | undefined): boolean {
  switch (operator) {
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    default:
      return false;
  }
}
