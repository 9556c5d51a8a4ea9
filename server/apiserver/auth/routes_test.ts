import { expect, it } from "vitest";
import { pods, serviceaccounts } from "../../../api/resources.ts";
import type { ResourceRow } from "../../../api/schema/contract.ts";
import { schema } from "../../../api/schema/schema.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import type { UserInfo } from "../contract.ts";
import { parseRequestInfo } from "../http/request_info.ts";
import { anonymous } from "./authenticator.ts";
import { MASTERS_GROUP } from "./access.ts";
import { serviceAccountUser } from "./service_account_user.ts";
import { nodeNamed, SecuredRegistry, userNamed } from "./testing/secured_registry.ts";

const golden = new URL("./testdata/routes.txt", import.meta.url);

/** What runs on the node `n1`, and needs an object of each kind named `x`. */
const pod: Pod = {
  metadata: { name: "x", namespace: "team" },
  spec: {
    nodeName: "n1",
    serviceAccountName: "x",
    containers: [{ name: "c", image: "i", envFrom: [{ secretRef: { name: "x" } }, { configMapRef: { name: "x" } }] }],
    volumes: [{ name: "v", persistentVolumeClaim: { claimName: "x" } }],
  },
};

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
function urlOf({ group, version, resource, namespaced }: ResourceRow, verb: string, subresource: string): string {
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

// One line a resource: each verb with who may. The file is the specification; UPDATE_GOLDEN=1 writes it anew.
it("every route is open to exactly whom it should be open to", async () => {
  await using secured = await SecuredRegistry.open();
  await secured.admin.create(serviceaccounts, { metadata: { name: "x", namespace: "team" } });
  await secured.admin.create(pods, pod);
  const users: Readonly<Record<string, UserInfo>> = {
    anonymous,
    nobody: { ...serviceAccountUser("team", "nobody"), groups: ["system:serviceaccounts", "system:authenticated"] },
    view: await secured.bind("view", "view"),
    edit: await secured.bind("edit", "edit"),
    admin: await secured.bind("admin", "admin"),
    node: nodeNamed("n1"),
    othernode: nodeNamed("n2"),
    root: userNamed("root", MASTERS_GROUP),
  };
  const whoMay = async (method: string, url: string): Promise<string> => {
    const info = parseRequestInfo(method, url);
    const allowed: string[] = [];
    for (const [name, user] of Object.entries(users)) {
      const { verb, path, resource } = info;
      const decision = await secured.access.authorize({ user, verb, path, ...(resource ? { resource } : {}) });
      if (decision.allowed) allowed.push(name);
    }
    return allowed.length === Object.keys(users).length ? "all" : allowed.join(",") || "none";
  };
  const lines: string[] = [];
  for (const row of schema.resources().toSorted((a, b) => keyOf(a) < keyOf(b) ? -1 : 1)) {
    for (const { name, verbs } of [{ name: "", verbs: row.verbs }, ...row.subresources]) {
      const byWho = new Map<string, string[]>();
      for (const verb of verbs) {
        const who = await whoMay(methods[verb]!, urlOf(row, verb, name));
        byWho.set(who, [...byWho.get(who) ?? [], verb]);
      }
      const cells = [...byWho].map(([who, verbs]) => `${verbs.join(",")}: ${who}`);
      lines.push(`${keyOf(row)}${name && `/${name}`} | ${cells.join(" | ")}`);
    }
  }
  for (
    const path of [
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
    ]
  ) {
    lines.push(`${path} | get: ${await whoMay("GET", path)} | post: ${await whoMay("POST", path)}`);
  }
  const text = `${lines.join("\n")}\n`;
  if (Deno.env.get("UPDATE_GOLDEN")) await Deno.writeTextFile(golden, text);
  expect(text.split("\n")).toEqual((await Deno.readTextFile(golden)).split("\n"));
});

function keyOf({ group, version, resource }: ResourceRow): string {
  return `${group === "" ? version : `${group}/${version}`} ${resource}`;
}
