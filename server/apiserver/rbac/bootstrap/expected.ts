import type { KubeObject } from "../../../../api/resource.ts";
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding, Subject } from "../../../../api/types/rbac_v1.ts";
import { aggregatedRules } from "../aggregate.ts";
import { clusterBindings, roleBindings, type SubjectRow } from "./bindings.ts";
import { aggregatedClusterRoles, aggregationLabels, clusterRoleRules } from "./cluster_roles.ts";
import { controllerRules } from "./controller_roles.ts";
import { roleRules } from "./namespace_roles.ts";
import { policyRule } from "./rule_row.ts";

export interface Policy {
  readonly clusterRoles: readonly ClusterRole[];
  readonly clusterRoleBindings: readonly ClusterRoleBinding[];
  readonly roles: readonly Role[];
  readonly roleBindings: readonly RoleBinding[];
}

const group = "rbac.authorization.k8s.io";
const controllerPrefix = "system:controller:";
export const autoupdate = "rbac.authorization.kubernetes.io/autoupdate";

/** The roles and bindings that every cluster has. */
export function defaultPolicy(): Policy {
  return {
    clusterRoles: defaultClusterRoles(),
    clusterRoleBindings: [
      ...Object.entries(clusterBindings).map(([name, row]) => clusterBinding(name, row)),
      ...Object.keys(controllerRules).map((name) => clusterBinding(controllerPrefix + name, { accounts: [name] })),
    ],
    roles: Object.entries(roleRules).map(([key, rows]) => ({
      metadata: metadata(...split(key)),
      rules: rows.map(policyRule),
    })),
    roleBindings: Object.entries(roleBindings).map(([key, row]) => {
      const [name, namespace] = split(key);
      const roleRef = { apiGroup: group, kind: "Role", name: row.role ?? name };
      return { metadata: metadata(name, namespace), roleRef, ...subjects(row) };
    }),
  };
}

function defaultClusterRoles(): ClusterRole[] {
  const roles: ClusterRole[] = [
    ...Object.entries(clusterRoleRules),
    ...Object.entries(controllerRules).map(([name, rows]) => [controllerPrefix + name, rows] as const),
  ].map(([name, rows]) => ({ metadata: labelled(name), rules: rows.map(policyRule) }));
  // Each of the three is in the next: with their rules from the start nobody has to wait for the controller that keeps them.
  for (const name of ["view", "edit", "admin"]) {
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { [aggregatedClusterRoles[name]!]: "true" } }] };
    roles.push({
      metadata: labelled(name),
      aggregationRule,
      rules: aggregatedRules(aggregationRule, name, roles),
    });
  }
  return roles;
}

function labelled(name: string): KubeObject["metadata"] {
  const meta = metadata(name);
  const label = aggregationLabels[name];
  return label === undefined ? meta : { ...meta, labels: { ...meta.labels, [label]: "true" } };
}

function clusterBinding(name: string, row: SubjectRow): ClusterRoleBinding {
  return {
    metadata: metadata(name),
    roleRef: { apiGroup: group, kind: "ClusterRole", name },
    ...subjects(row),
  };
}

function subjects({ users = [], groups = [], accounts = [] }: SubjectRow): { subjects?: Subject[] } {
  const all: Subject[] = [
    ...groups.map((name) => ({ kind: "Group", apiGroup: group, name })),
    ...users.map((name) => ({ kind: "User", apiGroup: group, name })),
    ...accounts.map((name) => ({ kind: "ServiceAccount", namespace: "kube-system", name })),
  ];
  return all.length === 0 ? {} : { subjects: all };
}

function metadata(name: string, namespace?: string): KubeObject["metadata"] {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: { "kubernetes.io/bootstrapping": "rbac-defaults" },
    annotations: { [autoupdate]: "true" },
  };
}

function split(key: string): [name: string, namespace: string] {
  const slash = key.indexOf("/");
  return [key.slice(slash + 1), key.slice(0, slash)];
}
