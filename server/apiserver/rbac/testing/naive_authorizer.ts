import type { ClusterRole, PolicyRule, RoleBinding, Subject } from "../../../../api/types/rbac_v1.ts";
import type { AuthorizationAttributes } from "../../auth/authorizer.ts";
import type { UserInfo } from "../../contract.ts";

export interface Policies {
  readonly roles: readonly ClusterRole[];
  readonly bindings: readonly RoleBinding[];
}

/** The definition of RBAC, without index, cache or haste. A role or binding without a namespace is a ClusterRole or ClusterRoleBinding. */
export function naiveDecision(
  { roles, bindings }: Policies,
  { user, verb, resource, path }: AuthorizationAttributes,
): boolean {
  for (const { metadata, roleRef, subjects = [] } of bindings) {
    const scope = metadata.namespace ?? "";
    if (scope !== "" && scope !== resource?.namespace) continue;
    if (!subjects.some((subject) => is(user, subject, scope))) continue;
    const wanted = roleRef.kind === "Role" ? scope : "";
    const role = roles.find(({ metadata }) => metadata.name === roleRef.name && (metadata.namespace ?? "") === wanted);
    if (role?.rules?.some((rule) => allows(rule))) return true;
  }
  return false;

  function allows(
    { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule,
  ): boolean {
    const any = (list: readonly string[], ...values: string[]) => list.some((item) => ["*", ...values].includes(item));
    if (!any(verbs, verb)) return false;
    if (resource === undefined) {
      return nonResourceURLs.some((url) => url === path || (url.endsWith("*") && path.startsWith(url.slice(0, -1))));
    }
    const { group, resource: kind, subresource, name } = resource;
    const full = subresource === "" ? [kind] : [`${kind}/${subresource}`, `*/${subresource}`];
    return any(apiGroups, group) && any(resources, ...full) &&
      (resourceNames.length === 0 || resourceNames.includes(name));
  }
}

function is(user: UserInfo, { kind, name, namespace }: Subject, scope: string): boolean {
  if (kind === "User") return user.name === name;
  if (kind === "Group") return user.groups.includes(name);
  return user.name === `system:serviceaccount:${namespace ?? scope}:${name}`;
}
