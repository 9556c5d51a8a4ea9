import type { Pod } from "../../../../api/types/core_v1.ts";

/** Who may what, one line a resource and subresource: each verb with the users who may. UPDATE_GOLDEN=1 writes it anew in the unit test. */
export const goldenRoutes = new URL("../testdata/routes.txt", import.meta.url);

/** What runs on the node `n1`, and needs an object of each kind named `x`. */
export const podOfNode: Pod = {
  metadata: { name: "x", namespace: "team" },
  spec: {
    nodeName: "n1",
    serviceAccountName: "x",
    containers: [{ name: "c", image: "i", envFrom: [{ secretRef: { name: "x" } }, { configMapRef: { name: "x" } }] }],
    volumes: [{ name: "v", persistentVolumeClaim: { claimName: "x" } }],
  },
};

/** A resource, or a subresource of it, and what can be done with it. */
export interface Route {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** `""`: the resource itself. */
  readonly subresource: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** The users who may send such a request, as the file writes them. */
export type WhoMay = (method: string, url: string, route: Route) => Promise<string>;

const methods: Readonly<Record<string, string>> = {
  get: "GET",
  list: "GET",
  watch: "GET",
  create: "POST",
  update: "PUT",
  patch: "PATCH",
  delete: "DELETE",
  deletecollection: "DELETE",
};
const collective = new Set(["list", "watch", "deletecollection", "create"]);

/** As a client would write it. */
function urlOf({ group, version, resource, subresource, namespaced }: Route, verb: string): string {
  const isLease = group === "coordination.k8s.io" && resource === "leases";
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const space = namespaced ? `/namespaces/${isLease ? "kube-node-lease" : "team"}` : "";
  const own = isLease || resource === "nodes" || resource === "csinodes"
    ? "n1"
    : resource === "namespaces"
    ? "team"
    : "x";
  const name = subresource === "" && collective.has(verb) ? "" : `/${own}`;
  const query = verb === "watch" ? "?watch=1" : "";
  return `${root}${space}/${resource}${name}${subresource && `/${subresource}`}${query}`;
}

/** The file's lines for these routes. */
export async function routeLines(routes: readonly Route[], whoMay: WhoMay): Promise<string[]> {
  const lines: string[] = [];
  for (const route of routes.toSorted((a, b) => keyOf(a) < keyOf(b) ? -1 : 1)) {
    const byWho = new Map<string, string[]>();
    const answers = await Promise.all(route.verbs.map((verb) => whoMay(methods[verb]!, urlOf(route, verb), route)));
    route.verbs.forEach((verb, i) => byWho.set(answers[i]!, [...byWho.get(answers[i]!) ?? [], verb]));
    const cells = [...byWho].map(([who, verbs]) => `${verbs.join(",")}: ${who}`);
    lines.push(`${keyOf(route)} | ${cells.join(" | ")}`);
  }
  return lines;
}

function keyOf({ group, version, resource, subresource }: Route): string {
  return `${group === "" ? version : `${group}/${version}`} ${resource}${subresource && `/${subresource}`}`;
}

/** Paths that are no resource's. */
export const paths: readonly string[] = [
  "/",
  "/api",
  "/apis",
  "/apis/apps",
  "/apis/apps/v1",
  "/openapi/v3",
  "/version",
  "/healthz",
  "/livez",
  "/readyz",
  "/livez/ping",
  "/metrics",
  "/.well-known/openid-configuration",
  "/openid/v1/jwks",
  "/debug",
];

/** Users by name, of whom some may; in the file's words. */
export function whoOf(users: readonly string[], mayOne: (user: string) => boolean): string {
  const allowed = users.filter(mayOne);
  return allowed.length === users.length ? "all" : allowed.join(",") || "none";
}
