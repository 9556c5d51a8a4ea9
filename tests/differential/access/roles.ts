import { ask, inParallel, type Section } from "../suite.ts";
import { PLACE } from "./users.ts";

const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const rule = { verbs: ["get"], apiGroups: [""], resources: ["configmaps"] };

const rules: Readonly<Record<string, readonly object[]>> = {
  held: [rule],
  "held, of one name": [{ ...rule, resourceNames: ["one"] }],
  more: [{ ...rule, verbs: ["get", "delete"] }],
  "several more": [{
    verbs: ["get", "delete"],
    apiGroups: ["", "apps"],
    resources: ["secrets", "pods"],
    resourceNames: ["a", "b"],
  }],
  "two rules": [{ ...rule, verbs: ["watch"] }, { ...rule, resources: ["secrets"] }],
  everything: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
  path: [{ verbs: ["get"], nonResourceURLs: ["/metrics"] }],
  "other path": [{ verbs: ["get", "post"], nonResourceURLs: ["/debug/*", "/metrics"] }],
  nothing: [],
  subresource: [{ ...rule, resources: ["configmaps/status"] }],
};

const subjects: Readonly<Record<string, object>> = {
  user: { apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "bob" },
};

/** Roles and bindings by one who may make them, but gives away no more than she has. */
export const roles: Section = async ({ sides, report }, of) => {
  const granter = await sides.as({ name: "granter", groups: [] });
  const alice = await sides.as({ name: "alice", groups: [] });
  for (const pair of [granter, alice, sides]) {
    await inParallel(Object.entries(rules), async ([name, rules]) => {
      const metadata = { name: `x-${name.replaceAll(/[ ,]+/g, "-")}` };
      for (const path of [`${RBAC}/namespaces/${PLACE}/roles`, `${RBAC}/clusterroles`]) {
        await ask(pair, report, of, { method: "POST", path: `${path}?dryRun=All`, body: { metadata, rules } });
      }
      const path = `${RBAC}/clusterroles/view?dryRun=All`;
      const headers = { "content-type": "application/merge-patch+json" };
      await ask(pair, report, of, { method: "PATCH", path, headers, body: { rules } });
    });
    const references = [
      ["ClusterRole", "view"],
      ["ClusterRole", "edit"],
      ["ClusterRole", "cluster-admin"],
      ["ClusterRole", "none"],
      ["Role", "alice"],
      ["Role", "none"],
      ["ClusterRole", "granter"],
    ];
    await inParallel(references, async ([kind, name]) => {
      const body = {
        metadata: { name: "x" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name },
        subjects: Object.values(subjects),
      };
      await ask(pair, report, of, {
        method: "POST",
        path: `${RBAC}/namespaces/${PLACE}/rolebindings?dryRun=All`,
        body,
      });
      await ask(pair, report, of, { method: "POST", path: `${RBAC}/clusterrolebindings?dryRun=All`, body });
    });
  }
  // What alice may, and what she may not.
  await inParallel([
    "configmaps",
    "configmaps/none",
    "configmaps?watch=1&timeoutSeconds=1",
    "secrets",
    "secrets/hers",
    "secrets/other",
    "secrets?fieldSelector=metadata.name%3Dhers",
    "secrets?fieldSelector=metadata.name!%3Dhers",
    "pods",
  ], async (path) => void await ask(alice, report, of, { method: "GET", path: `/api/v1/namespaces/${PLACE}/${path}` }));
  const dangler = await sides.as({ name: "dangler", groups: ["a", "b"] });
  for (const path of [`/api/v1/namespaces/${PLACE}/pods`, "/api/v1/pods", "/metrics"]) {
    await ask(dangler, report, of, { method: "GET", path });
  }
};
