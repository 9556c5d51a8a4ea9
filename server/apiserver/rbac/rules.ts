import type { PolicyRule } from "../../../api/types/rbac_v1.ts";
import type { AuthorizationAttributes } from "../auth/authorizer.ts";

/** What is to be done, whoever asks. */
export type Act = Omit<AuthorizationAttributes, "user">;

/** Whether one rule of a role lets it happen. The namespace is not its matter: that is where the role is bound. */
export function ruleAllows(rule: PolicyRule, { verb, resource, path }: Act): boolean {
  if (!has(rule.verbs, verb)) return false;
  if (resource === undefined) return (rule.nonResourceURLs ?? []).some((pattern) => coversPath(pattern, path));
  return has(rule.apiGroups, resource.group) && coversResource(rule.resources, resource) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(resource.name));
}

export function has(list: readonly string[] | undefined, wanted: string): boolean {
  return list !== undefined && (list.includes(wanted) || list.includes("*"));
}

/** A pattern is a path, or the start of one and a star. */
export function coversPath(pattern: string, path: string): boolean {
  return pattern === path || (pattern.endsWith("*") && path.startsWith(pattern.replace(/\*+$/, "")));
}

/** `pods` covers none of its subresources; `*` covers all of all, a star before a slash that subresource of every resource. */
function coversResource(
  resources: readonly string[] | undefined,
  { resource, subresource }: NonNullable<Act["resource"]>,
): boolean {
  if (resources === undefined) return false;
  const wanted = subresource === "" ? resource : `${resource}/${subresource}`;
  return has(resources, wanted) || (subresource !== "" && resources.includes(`*/${subresource}`));
}
