import { deepEqual } from "../../../api/meta/deep_equal.ts";
import type { KubeObject } from "../../../api/resource.ts";
import { clusterrolebindings, clusterroles, rolebindings, roles } from "../../../api/resources.ts";
import { badRequest, notFound } from "../../../api/status.ts";
import type { ClusterRole, PolicyRule, RoleBinding, RoleRef } from "../../../api/types/rbac_v1.ts";
import { MASTERS_GROUP } from "../auth/access.ts";
import { describeRules, missingRules, quotedList } from "../rbac/covers.ts";
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from "./contract.ts";
import { refuse } from "./refuse.ts";

const group = clusterroles.group;
const named = ({ group, resource }: { group: string; resource: string }) => `${group}/${resource}`;

const everything: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

/**
 * Nobody gives others what they do not have themselves: who writes a role or binds one must hold all of its rules, or be allowed to
 * `escalate` it or to `bind` it.
 */
export const roleEscalation: AdmissionPlugin = {
  name: "RoleEscalation",
  resources: [clusterroles, roles, clusterrolebindings, rolebindings].map(named),
  // As upstream, before the values are looked at; nothing changes the rules of a role, or what a binding refers to, after that.
  mutate(request, context) {
    const { user, object, old, row } = request;
    if (object === undefined || user.groups.includes(MASTERS_GROUP)) return;
    if (old !== undefined && changesOwnershipAlone(object, old)) return;
    return row.resource.endsWith("bindings") ? mayBind(request, context) : mayWrite(request, context);
  },
};

/** The garbage collector must get at objects whose rights it does not have. */
function changesOwnershipAlone(object: KubeObject, old: KubeObject): boolean {
  const stripped = ({ metadata, ...rest }: KubeObject) => {
    const { ownerReferences: _o, finalizers: _f, managedFields: _m, ...kept } = metadata;
    return { ...rest, metadata: kept };
  };
  return deepEqual(stripped(object), stripped(old));
}

async function mayWrite(request: AdmissionRequest, context: AdmissionContext): Promise<void> {
  const { row, namespace, name, object, old, user } = request;
  const resource = { group, version: "*", resource: row.resource, subresource: "", namespace, name: old ? name : "" };
  if ((await context.access.authorize({ user, verb: "escalate", resource, path: "" })).allowed) return;
  requireHeld(request, context, (object as ClusterRole).rules ?? []);
  if (![object, old].some((role) => (role as ClusterRole | undefined)?.aggregationRule?.clusterRoleSelectors?.length)) {
    return;
  }
  if (missingRules(context.access.rulesOf(user, namespace).rules, everything).length > 0) {
    throw refuse(request, "must have cluster-admin privileges to use the aggregationRule");
  }
}

async function mayBind(request: AdmissionRequest, context: AdmissionContext): Promise<void> {
  const { namespace, object, user } = request;
  const { roleRef } = object as RoleBinding;
  const resource = {
    group: roleRef.apiGroup ?? group,
    version: "*",
    resource: resourceOf(roleRef).resource,
    subresource: "",
    namespace,
    name: roleRef.name,
  };
  if ((await context.access.authorize({ user, verb: "bind", resource, path: "" })).allowed) return;
  if (!["Role", "ClusterRole"].includes(roleRef.kind)) {
    throw badRequest(`unsupported role reference kind: ${JSON.stringify(roleRef.kind)}`);
  }
  if (roleRef.kind === "Role" && namespace === "") throw badRequest("Namespace parameter required.");
  const rules = context.access.rulesOfRole(roleRef, namespace);
  // Upstream's words: the binding's resource with the role's name.
  if (rules === undefined) throw notFound(request.row, roleRef.name);
  requireHeld(request, context, rules);
}

function resourceOf({ kind }: RoleRef): { group: string; resource: string } {
  return kind === "Role" ? roles : clusterroles;
}

function requireHeld(request: AdmissionRequest, { access }: AdmissionContext, rules: readonly PolicyRule[]): void {
  const { user, namespace } = request;
  const held = access.rulesOf(user, namespace);
  const missing = missingRules(held.rules, rules);
  if (missing.length === 0) return;
  const who = `user ${JSON.stringify(user.name)} (groups=${quotedList(user.groups)})`;
  const problems = held.problems.length === 0 ? "" : `; resolution errors: [${held.problems.join(", ")}]`;
  const what = describeRules(missing).join("\n");
  throw refuse(request, `${who} is attempting to grant RBAC permissions not currently held:\n${what}${problems}`);
}
