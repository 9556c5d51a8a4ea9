import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configmaps, pods, rolebindings, roles } from "../../../api/resources.ts";
import type { PolicyRule } from "../../../api/types/rbac_v1.ts";
import { SecuredRegistry } from "../auth/testing/secured_registry.ts";
import { minimalPod } from "../registry/_testing.ts";
import { type Answer, Edge, type Request } from "./testing/edge.ts";

/** What the edge makes of URLs must be what the authorizer was asked about. */
describe("authorisation of requests", () => {
  let secured: SecuredRegistry;
  let edge: Edge;
  let fetch: (path: string, request?: Request) => Promise<Answer>;

  beforeEach(async () => {
    secured = await SecuredRegistry.open();
    edge = await Edge.start({ registry: secured.test.registry, authorizer: secured.access });
    const client = await edge.pki.issueClient("jane", []);
    fetch = (path, request = {}) => edge.fetch(path, { client, ...request });
    for (const name of ["mine", "other"]) {
      await secured.admin.create(configmaps, { metadata: { name, namespace: "team" }, data: { of: name } });
    }
  });
  afterEach(async () => {
    await edge[Symbol.asyncDispose]();
    await secured[Symbol.asyncDispose]();
  });

  async function grant(...rules: PolicyRule[]): Promise<void> {
    await secured.admin.create(roles, { metadata: { name: "r", namespace: "team" }, rules });
    await secured.admin.create(rolebindings, {
      metadata: { name: "r", namespace: "team" },
      roleRef: { kind: "Role", name: "r" },
      subjects: [{ kind: "User", name: "jane" }],
    });
  }

  const maps = "/api/v1/namespaces/team/configmaps";

  it("shows who may see one object by its name no other, in whatever way it asks", async () => {
    await grant({
      verbs: ["get", "list", "watch", "deletecollection"],
      apiGroups: [""],
      resources: ["configmaps"],
      resourceNames: ["mine"],
    });
    const one = "fieldSelector=metadata.name%3Dmine";
    const shown = [
      `${maps}/mine`,
      `${maps}?${one}`,
      `${maps}?watch=1&timeoutSeconds=1&${one}`,
      `${maps}?${one},metadata.namespace%3Dteam`,
      `/api/v1/watch/namespaces/team/configmaps/mine?timeoutSeconds=1`,
    ];
    for (const path of shown) {
      const { code, text } = await fetch(path);
      expect([path, code]).toEqual([path, 200]);
      expect([path, text.includes('"of":"mine"'), text.includes('"of":"other"')]).toEqual([path, true, false]);
    }
    const narrowed =
      `/api/v1/watch/namespaces/team/configmaps/mine?timeoutSeconds=1&fieldSelector=metadata.name%3Dother`;
    expect((await fetch(narrowed)).text).not.toContain('"of":"other"');
    const hidden = [
      maps,
      `${maps}/other`,
      `${maps}?watch=1`,
      `${maps}?watch=1&fieldSelector=metadata.name!%3Dnone`,
      `${maps}?fieldSelector=metadata.name%3Dother&${one}`,
      "/api/v1/watch/namespaces/team/configmaps",
      "/api/v1/watch/namespaces/team/configmaps/other",
      "/api/v1/configmaps?fieldSelector=metadata.name%3Dmine",
    ];
    for (const path of hidden) expect([path, (await fetch(path)).code]).toEqual([path, 403]);
    // Upstream's deletion of a collection is never one object's.
    expect((await fetch(`${maps}?${one}`, { method: "DELETE" })).code).toBe(403);
  });

  it("lets nobody create by an update who may not create", async () => {
    await grant({ verbs: ["update", "get"], apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles"] });
    const path = "/apis/rbac.authorization.k8s.io/v1/namespaces/team/roles/new";
    const body = JSON.stringify({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name: "new" },
    });
    const headers = { "content-type": "application/json" };
    const refused = await fetch(path, { method: "PUT", body, headers });
    expect(refused.json.message).toBe(
      'roles.rbac.authorization.k8s.io "new" is forbidden: User "jane" cannot create resource "roles" in API group "rbac.authorization.k8s.io" in the namespace "team"',
    );
  });

  it("lets nobody into a container who may only read", async () => {
    await grant({
      verbs: ["get"],
      apiGroups: [""],
      resources: ["pods", "pods/exec", "pods/attach", "pods/portforward"],
    });
    await secured.admin.create(pods, { ...minimalPod("p"), metadata: { name: "p", namespace: "team" } });
    for (const way of ["exec?command=id&stdout=1", "attach?stdout=1", "portforward?ports=1"]) {
      const { code, json } = await fetch(`/api/v1/namespaces/team/pods/p/${way}`);
      expect([way, code, json.message.includes("cannot create resource")]).toEqual([way, 403, true]);
    }
  });

  it("tells strangers no more than that it is well", async () => {
    for (
      const path of [
        "/",
        "/api",
        "/apis",
        "/openapi/v3",
        "/metrics",
        maps,
        "/apis/none",
        "/.well-known/openid-configuration",
        "/version",
        "/livez/ping",
        "/healthz/",
        "/%68ealthz/..%2fapi",
      ]
    ) {
      expect([path, (await fetch(path, { client: false })).code]).toEqual([path, 401]);
    }
    for (const path of ["/healthz", "/livez", "/readyz", "/livez?verbose"]) {
      expect([path, (await fetch(path, { client: false })).code]).toEqual([path, 200]);
    }
    const wrong = { client: false, headers: { authorization: "Bearer wrong" } } as const;
    expect((await fetch("/healthz", wrong)).code).toBe(401);
  });
});
