import { read, type RuleRow, writeEvents } from "./rule_row.ts";

const lockLeader: readonly RuleRow[] = [
  ["create get list update watch", "coordination.k8s.io", "leases"],
  ["create get list update watch", "coordination.k8s.io", "leasecandidates"],
];

/** The Roles that every cluster has, by `namespace/name`. */
export const roleRules: Readonly<Record<string, readonly RuleRow[]>> = {
  "kube-public/system:controller:bootstrap-signer": [
    [read, "core", "configmaps"],
    ["update", "core", "configmaps", "cluster-info"],
    writeEvents,
  ],
  "kube-system/extension-apiserver-authentication-reader": [
    [read, "core", "configmaps", "extension-apiserver-authentication"],
  ],
  "kube-system/system::leader-locking-kube-controller-manager": lockLeader,
  "kube-system/system::leader-locking-kube-scheduler": lockLeader,
  "kube-system/system:controller:bootstrap-signer": [[read, "core", "secrets"]],
  "kube-system/system:controller:cloud-provider": [["create get list watch", "core", "configmaps"]],
  "kube-system/system:controller:token-cleaner": [["delete get list watch", "core", "secrets"], writeEvents],
};
