import { make, makeNamespace } from "../reads/specimens.ts";
import type { Pair } from "../sides.ts";

/** Where the users of this suite may do something. */
export const PLACE = "access";
const RBAC = "/apis/rbac.authorization.k8s.io/v1";

interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

/** Cluster-wide, by user. */
const clusterRules: Readonly<Record<string, readonly Rule[]>> = {
  /** Acts as others, in the old way. */
  actor: [
    { verbs: ["impersonate"], apiGroups: [""], resources: ["users"], resourceNames: ["alice", "system:node:n1"] },
    { verbs: ["impersonate"], apiGroups: [""], resources: ["groups"], resourceNames: ["team", "system:masters"] },
    { verbs: ["impersonate"], apiGroups: [""], resources: ["serviceaccounts"] },
    { verbs: ["impersonate"], apiGroups: ["authentication.k8s.io"], resources: ["userextras/scopes"] },
    { verbs: ["impersonate"], apiGroups: ["authentication.k8s.io"], resources: ["uids"], resourceNames: ["u1"] },
  ],
  /** Acts as others for some requests alone. */
  constrained: [
    {
      verbs: ["impersonate:user-info"],
      apiGroups: ["authentication.k8s.io"],
      resources: ["users"],
      resourceNames: ["alice"],
    },
    {
      verbs: ["impersonate:user-info"],
      apiGroups: ["authentication.k8s.io"],
      resources: ["groups", "uids", "userextras/scopes"],
    },
    {
      verbs: ["impersonate-on:user-info:list", "impersonate-on:user-info:get"],
      apiGroups: [""],
      resources: ["configmaps"],
    },
    { verbs: ["impersonate:serviceaccount"], apiGroups: ["authentication.k8s.io"], resources: ["serviceaccounts"] },
    { verbs: ["impersonate-on:serviceaccount:list"], apiGroups: [""], resources: ["configmaps"] },
    {
      verbs: ["impersonate:arbitrary-node"],
      apiGroups: ["authentication.k8s.io"],
      resources: ["nodes"],
      resourceNames: ["n1"],
    },
    { verbs: ["impersonate-on:arbitrary-node:get"], apiGroups: [""], resources: ["nodes"] },
    { verbs: ["impersonate-on:user-info:get"], nonResourceURLs: ["/version"] },
  ],
  /** Makes roles, and may bind one of them. */
  granter: [
    {
      verbs: ["get", "list", "create", "update", "patch", "delete"],
      apiGroups: ["rbac.authorization.k8s.io"],
      resources: ["roles", "rolebindings", "clusterroles", "clusterrolebindings"],
    },
    { verbs: ["bind"], apiGroups: ["rbac.authorization.k8s.io"], resources: ["clusterroles"], resourceNames: ["view"] },
    { verbs: ["get", "list"], apiGroups: [""], resources: ["configmaps"] },
    { verbs: ["get"], nonResourceURLs: ["/metrics"] },
  ],
  /** Asks about others. */
  reviewer: [
    {
      verbs: ["create"],
      apiGroups: ["authorization.k8s.io"],
      resources: ["subjectaccessreviews", "localsubjectaccessreviews"],
    },
    { verbs: ["create"], apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"] },
  ],
};

/** Those, and `alice`, who reads ConfigMaps and one Secret of the place. */
export async function makeUsers(pair: Pair): Promise<void> {
  await makeNamespace(pair, PLACE);
  await aggregate(pair);
  for (const [user, rules] of Object.entries(clusterRules)) {
    await make(pair, `${RBAC}/clusterroles`, { metadata: { name: user }, rules });
    await make(pair, `${RBAC}/clusterrolebindings`, {
      metadata: { name: user },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: user },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
    });
  }
  const place = `${RBAC}/namespaces/${PLACE}`;
  await make(pair, `${place}/roles`, {
    metadata: { name: "alice" },
    rules: [
      { verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["configmaps"] },
      { verbs: ["get"], apiGroups: [""], resources: ["secrets"], resourceNames: ["hers"] },
      { verbs: ["*"], apiGroups: ["apps"], resources: ["*"] },
    ],
  });
  await make(pair, `${place}/rolebindings`, {
    metadata: { name: "alice" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "alice" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "alice" }],
  });
  // Of a role that is not there, which those who decide stumble over.
  await make(pair, `${place}/rolebindings`, {
    metadata: { name: "dangling" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "none" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "dangler" }],
  });
}

/** Upstream leaves it to a controller, which does not run here, to give roles the rules of those that they are made of. */
async function aggregate({ theirs, ours }: Pair): Promise<void> {
  const headers = { "content-type": "application/merge-patch+json" };
  for (const name of ["view", "edit", "admin"]) {
    const path = `${RBAC}/clusterroles/${name}`;
    const { rules } = (await ours.send({ method: "GET", path })).json as { rules: readonly Rule[] };
    const { code, text } = await theirs.send({ method: "PATCH", path, headers, body: { rules } });
    if (code !== 200) throw new Error(`the rules of ${name} are refused: ${text}`);
  }
}
