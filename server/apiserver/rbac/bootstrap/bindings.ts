/** Names of subjects, by kind; ServiceAccounts are those of `kube-system`. */
export interface SubjectRow {
  readonly users?: readonly string[];
  readonly groups?: readonly string[];
  readonly accounts?: readonly string[];
}

const authenticated = "system:authenticated";
const manager = "system:kube-controller-manager";
const scheduler = "system:kube-scheduler";

/** Who has the ClusterRole of the same name, everywhere. */
export const clusterBindings: Readonly<Record<string, SubjectRow>> = {
  "cluster-admin": { groups: ["system:masters"] },
  "skiff:cluster-ca-viewer": { groups: [authenticated, "system:unauthenticated"] },
  "skiff:joining-node": { groups: ["system:bootstrappers", "system:nodes"] },
  "skiff:joining-server": { groups: ["skiff:joining-servers"] },
  // What kubeadm binds: machines with a token ask for a node's certificate, nodes for the next one of their own.
  "system:certificates.k8s.io:certificatesigningrequests:nodeclient": { groups: ["system:bootstrappers"] },
  "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient": { groups: ["system:nodes"] },
  "system:basic-user": { groups: [authenticated] },
  "system:discovery": { groups: [authenticated] },
  "system:kube-controller-manager": { users: [manager] },
  "system:kube-dns": { accounts: ["kube-dns"] },
  "system:kube-scheduler": { users: [scheduler] },
  "system:monitoring": { groups: ["system:monitoring"] },
  // Nodes have their own authorizer; the binding is there for those who look for it.
  "system:node": {},
  "system:node-bootstrapper": { groups: ["system:bootstrappers"] },
  // An agent is kubelet and proxy in one.
  "system:node-proxier": { users: ["system:kube-proxy"], groups: ["system:nodes"] },
  "system:public-info-viewer": { groups: [authenticated, "system:unauthenticated"] },
  "system:service-account-issuer-discovery": { groups: ["system:serviceaccounts"] },
  "system:volume-scheduler": { users: [scheduler] },
};

/** Who has which Role, by `namespace/name` of the binding; the Role is the one of the same name unless another is given. */
export const roleBindings: Readonly<Record<string, SubjectRow & { readonly role?: string }>> = {
  "kube-public/system:controller:bootstrap-signer": { accounts: ["bootstrap-signer"] },
  "kube-system/system::extension-apiserver-authentication-reader": {
    role: "extension-apiserver-authentication-reader",
    users: [manager, scheduler],
  },
  "kube-system/system::leader-locking-kube-controller-manager": {
    users: [manager],
    accounts: ["kube-controller-manager", "leader-election-controller"],
  },
  "kube-system/system::leader-locking-kube-scheduler": { users: [scheduler], accounts: ["kube-scheduler"] },
  "kube-system/system:controller:bootstrap-signer": { accounts: ["bootstrap-signer"] },
  "kube-system/system:controller:cloud-provider": { accounts: ["cloud-provider"] },
  "kube-system/system:controller:token-cleaner": { accounts: ["token-cleaner"] },
};
