import type { ConfigMap, LimitRange, ResourceQuota, Secret, ServiceAccount } from "../../../api/types/core_v1.ts";
import type { ClusterRoleBinding, Role, RoleBinding } from "../../../api/types/rbac_v1.ts";
import { age, type Column, columns, type ColumnTable, createdAt, name } from "./column.ts";

export const configurationColumns: ColumnTable = {
  "/configmaps": columns<ConfigMap>(
    name,
    {
      name: "Data",
      cell: (c) => Object.keys(c.data ?? {}).length + Object.keys(c.binaryData ?? {}).length,
    },
    age,
  ),
  "/secrets": columns<Secret>(
    name,
    { name: "Type", cell: (s) => s.type ?? "Opaque" },
    { name: "Data", cell: (s) => Object.keys(s.data ?? {}).length },
    age,
  ),
  "/serviceaccounts": columns<ServiceAccount>(name, age),
  "/limitranges": columns<LimitRange>(name, createdAt),
  "/resourcequotas": columns<ResourceQuota>(
    name,
    { name: "Request", cell: (q) => quotaText(q, (resource) => !resource.startsWith("limits.")) },
    { name: "Limit", cell: (q) => quotaText(q, (resource) => resource.startsWith("limits.")) },
    age,
  ),
  "rbac.authorization.k8s.io/roles": columns<Role>(name, createdAt),
  "rbac.authorization.k8s.io/clusterroles": columns(name, createdAt),
  "rbac.authorization.k8s.io/rolebindings": columns<RoleBinding>(...bindingColumns()),
  "rbac.authorization.k8s.io/clusterrolebindings": columns<ClusterRoleBinding>(...bindingColumns()),
};

function quotaText(quota: ResourceQuota, wanted: (resource: string) => boolean): string {
  const { hard = {}, used = {} } = quota.status ?? {};
  return Object.keys(hard).filter(wanted).sort().map((key) => `${key}: ${used[key] ?? "0"}/${hard[key]}`).join(", ");
}

function bindingColumns(): Column<RoleBinding | ClusterRoleBinding>[] {
  const subjects = (kind: string): Column<RoleBinding | ClusterRoleBinding>["cell"] => (binding) =>
    (binding.subjects ?? []).filter((s) => s.kind === kind)
      .map((s) => kind === "ServiceAccount" ? `${s.namespace}/${s.name}` : s.name).join(", ");
  return [
    name,
    { name: "Role", cell: (b) => `${b.roleRef.kind}/${b.roleRef.name}` },
    age,
    { name: "Users", wide: true, cell: subjects("User") },
    { name: "Groups", wide: true, cell: subjects("Group") },
    { name: "ServiceAccounts", wide: true, cell: subjects("ServiceAccount") },
  ];
}
