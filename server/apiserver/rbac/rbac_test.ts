import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { seededRandom } from "../../../api/meta/_seeded_random.ts";
import type { Resource } from "../../../api/resource.ts";
import { clusterrolebindings, clusterroles, rolebindings, roles } from "../../../api/resources.ts";
import type { ClusterRole, PolicyRule, RoleBinding } from "../../../api/types/rbac_v1.ts";
import type { Client } from "../../../client/client.ts";
import type { AuthorizationAttributes } from "../auth/authorizer.ts";
import { userNamed } from "../auth/testing/secured_registry.ts";
import { TestRegistry } from "../registry/_testing.ts";
import { describeRules, missingRules } from "./covers.ts";
import { Rbac } from "./rbac.ts";
import { ruleAllows } from "./rules.ts";
import { naiveDecision, type Policies } from "./testing/naive_authorizer.ts";

const core = { group: "", version: "v1", subresource: "", namespace: "a", name: "" };
const pods = { ...core, resource: "pods" };

describe("ruleAllows", () => {
  const reads: PolicyRule = { verbs: ["get"], apiGroups: [""], resources: ["pods"] };
  const cases: [string, PolicyRule, Omit<AuthorizationAttributes, "user">, boolean][] = [
    ["what it names", reads, { verb: "get", resource: pods, path: "" }, true],
    ["no other verb", reads, { verb: "list", resource: pods, path: "" }, false],
    ["no other group", reads, { verb: "get", resource: { ...pods, group: "apps" }, path: "" }, false],
    ["no subresource", reads, { verb: "get", resource: { ...pods, subresource: "log" }, path: "" }, false],
    ["no path", reads, { verb: "get", path: "/pods" }, false],
    ["that subresource of everything", { ...reads, resources: ["*/scale"] }, {
      verb: "get",
      resource: { ...pods, subresource: "scale" },
      path: "",
    }, true],
    [
      "and not the thing itself",
      { ...reads, resources: ["*/scale"] },
      { verb: "get", resource: pods, path: "" },
      false,
    ],
    ["everything with a star", { verbs: ["*"], apiGroups: ["*"], resources: ["*"] }, {
      verb: "x",
      resource: { ...pods, subresource: "y" },
      path: "",
    }, true],
    ["a name", { ...reads, resourceNames: ["a"] }, { verb: "get", resource: { ...pods, name: "a" }, path: "" }, true],
    ["no collection with it", { ...reads, resourceNames: ["a"] }, { verb: "get", resource: pods, path: "" }, false],
    ["a path", { verbs: ["get"], nonResourceURLs: ["/a"] }, { verb: "get", path: "/a" }, true],
    ["nothing below it", { verbs: ["get"], nonResourceURLs: ["/a"] }, { verb: "get", path: "/a/b" }, false],
    ["what starts so", { verbs: ["get"], nonResourceURLs: ["/a/*"] }, { verb: "get", path: "/a/b/c" }, true],
    ["but not the start", { verbs: ["get"], nonResourceURLs: ["/a/*"] }, { verb: "get", path: "/a" }, false],
    [
      "no resource by a path",
      { verbs: ["*"], nonResourceURLs: ["*"] },
      { verb: "get", resource: pods, path: "/x" },
      false,
    ],
  ];
  for (const [what, rule, act, allowed] of cases) it(what, () => expect(ruleAllows(rule, act)).toBe(allowed));
});

describe("missingRules", () => {
  it("breaks down what is wanted, and puts nothing together", () => {
    const held: PolicyRule[] = [
      { verbs: ["get", "list"], apiGroups: ["", "apps"], resources: ["pods", "*/scale"] },
      { verbs: ["*"], apiGroups: ["*"], resources: ["secrets"], resourceNames: ["one"] },
      { verbs: ["get"], nonResourceURLs: ["/a/*"] },
    ];
    const missing = (rule: PolicyRule) => describeRules(missingRules(held, [rule]));
    expect(missing({ verbs: ["get"], apiGroups: [""], resources: ["pods", "deployments/scale"] })).toEqual([]);
    expect(missing({ verbs: ["get"], apiGroups: [""], resources: ["secrets"], resourceNames: ["one"] })).toEqual([]);
    expect(missing({ verbs: ["get"], nonResourceURLs: ["/a/b", "/a/*"] })).toEqual([]);
    expect(missing({ verbs: ["list", "delete", "get", "watch"], apiGroups: [""], resources: ["pods"] })).toEqual([
      '{APIGroups:[""], Resources:["pods"], Verbs:["delete" "watch"]}',
    ]);
    expect(missing({ verbs: ["get"], apiGroups: [""], resources: ["secrets"] })).toHaveLength(1);
    expect(missing({ verbs: ["*"], apiGroups: [""], resources: ["pods"] })).toHaveLength(1);
    expect(missing({ verbs: ["get"], nonResourceURLs: ["/a", "/b"] })).toEqual([
      '{NonResourceURLs:["/a"], Verbs:["get"]}',
      '{NonResourceURLs:["/b"], Verbs:["get"]}',
    ]);
  });
});

const group = "rbac.authorization.k8s.io";

describe("Rbac", () => {
  let test: TestRegistry;
  let client: Client;
  let rbac: Rbac;
  const jane = userNamed("jane", "team");

  beforeEach(async () => {
    test = await TestRegistry.open();
    client = test.client;
    rbac = new Rbac();
    await rbac.follow(test.registry);
  });
  afterEach(async () => {
    rbac.close();
    await test[Symbol.asyncDispose]();
  });

  const ask = (verb = "get", resource = { ...pods, namespace: "default" }) =>
    rbac.authorize({ user: jane, verb, resource, path: "" });

  it("knows of every change at once", async () => {
    expect(ask()).toEqual({ allowed: false });
    await client.create(rolebindings, {
      metadata: { name: "b", namespace: "default" },
      roleRef: { apiGroup: group, kind: "Role", name: "r" },
      subjects: [{ kind: "Group", name: "team" }],
    });
    expect(ask()).toEqual({ allowed: false, reason: 'RBAC: role.rbac.authorization.k8s.io "r" not found' });
    const role = await client.create(roles, {
      metadata: { name: "r", namespace: "default" },
      rules: [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }],
    });
    expect(ask()).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "b/default" of Role "r" to Group "team"',
    });
    expect(ask("get", { ...pods, namespace: "kube-system" }).allowed).toBe(false);
    expect(ask("get", { ...pods, namespace: "" }).allowed).toBe(false);
    await client.update(roles, { ...role, rules: [{ verbs: ["list"], apiGroups: [""], resources: ["pods"] }] });
    expect([ask().allowed, ask("list").allowed]).toEqual([false, true]);
    await client.patch(rolebindings, { namespace: "default", name: "b" }, {
      type: "merge",
      patch: { subjects: [{ kind: "User", name: "jane" }, { kind: "User", name: "joe" }] },
    });
    expect(ask("list").reason).toContain('to User "jane"');
    await client.delete(rolebindings, { namespace: "default", name: "b" });
    expect(ask("list")).toEqual({ allowed: false });
  });

  it("takes ServiceAccounts of the binding's namespace, and of others by name", async () => {
    await client.create(clusterroles, {
      metadata: { name: "all" },
      rules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
    });
    const subjects = [{ kind: "ServiceAccount", name: "robot" }, {
      kind: "ServiceAccount",
      name: "other",
      namespace: "x",
    }];
    const roleRef = { apiGroup: group, kind: "ClusterRole", name: "all" };
    await client.create(rolebindings, { metadata: { name: "b", namespace: "default" }, roleRef, subjects });
    const may = (name: string) =>
      rbac.authorize({ user: { name, groups: [] }, verb: "get", resource: { ...pods, namespace: "default" }, path: "" })
        .allowed;
    expect([may("system:serviceaccount:default:robot"), may("system:serviceaccount:x:other")]).toEqual([true, true]);
    expect([may("system:serviceaccount:x:robot"), may("robot")]).toEqual([false, false]);
  });

  it("never mixes up users and questions that look alike", async () => {
    await client.create(clusterroles, {
      metadata: { name: "r" },
      rules: [{ verbs: ["get"], apiGroups: ["b"], resources: ["c"] }],
    });
    await client.create(clusterrolebindings, {
      metadata: { name: "r" },
      roleRef: { apiGroup: group, kind: "ClusterRole", name: "r" },
      subjects: [{ kind: "Group", name: "a" }],
    });
    const may = (name: string, groups: string[], g: string, resource: string, namespace = "") =>
      rbac.authorize({
        user: { name, groups },
        verb: "get",
        resource: { ...core, group: g, resource, namespace },
        path: "",
      }).allowed;
    expect(may("x", ["a"], "b", "c")).toBe(true);
    expect(may("x1:a", [], "b", "c")).toBe(false);
    expect(may("x", ["a"], "bc", "")).toBe(false);
    expect(may("x", ["a"], "", "bc")).toBe(false);
    expect(may("x", [], "b", "c", "1:a")).toBe(false);
  });

  it("decides as the definition does, whatever is bound", async () => {
    const random = seededRandom();
    const pick = <T>(list: readonly T[]): T => random.pick(list);
    const some = <T>(list: readonly T[]): T[] => list.filter(() => random.next() < 0.3);
    const namespaces = ["default", "kube-system"];
    await test.addNamespace("kube-system");
    const verbs = ["get", "list", "create", "*"];
    const groups = ["", "apps", "*"];
    const kinds = ["pods", "pods/log", "*/scale", "deployments", "*"];
    const rule = (cluster: boolean): PolicyRule =>
      cluster && random.next() < 0.2 ? { verbs: [pick(verbs)], nonResourceURLs: [pick(["/a", "/a/*", "/b*", "*"])] } : {
        verbs: [pick(verbs), ...some(verbs)],
        apiGroups: [pick(groups)],
        resources: [pick(kinds), ...some(kinds)],
        ...(random.next() < 0.3 ? { resourceNames: [pick(["x", "y"])] } : {}),
      };
    const names = ["r0", "r1", "r2", "r3"];
    const policies: { roles: ClusterRole[]; bindings: RoleBinding[] } = { roles: [], bindings: [] };
    const subjects = [
      { kind: "User", name: "jane" },
      { kind: "User", name: "joe" },
      { kind: "Group", name: "team" },
      { kind: "ServiceAccount", name: "robot", namespace: "default" },
    ];
    const users = [jane, userNamed("joe"), userNamed("system:serviceaccount:default:robot"), userNamed("nobody")];
    try {
      for (let step = 0; step < 150; step++) {
        const namespace = random.next() < 0.5 ? "" : pick(namespaces);
        const metadata = { name: pick(names), ...(namespace && { namespace }) };
        const isRole = random.next() < 0.5;
        const list: { metadata: ClusterRole["metadata"] }[] = isRole ? policies.roles : policies.bindings;
        const at = list.findIndex((o) =>
          o.metadata.name === metadata.name && (o.metadata.namespace ?? "") === namespace
        );
        if (at >= 0) {
          const resource: Resource = isRole
            ? namespace ? roles : clusterroles
            : namespace
            ? rolebindings
            : clusterrolebindings;
          await client.delete(resource, { namespace, name: metadata.name });
          list.splice(at, 1);
        } else if (isRole) {
          const role: ClusterRole = {
            metadata,
            rules: Array.from({ length: random.pick([1, 2, 50]) }, () => rule(namespace === "")),
          };
          await client.create(namespace ? roles : clusterroles, role);
          policies.roles.push(role);
        } else {
          const kind = namespace && random.next() < 0.5 ? "Role" : "ClusterRole";
          const binding: RoleBinding = {
            metadata,
            roleRef: { apiGroup: group, kind, name: pick(names) },
            subjects: some(subjects),
          };
          await client.create(namespace ? rolebindings : clusterrolebindings, binding);
          policies.bindings.push(binding);
        }
        for (let question = 0; question < 20; question++) {
          const [kind, subresource] = pick(["pods/", "pods/log", "deployments/", "deployments/scale"]).split("/") as [
            string,
            string,
          ];
          const attributes: AuthorizationAttributes = random.next() < 0.2
            ? { user: pick(users), verb: pick(verbs), path: pick(["/a", "/a/b", "/bc", "/c"]) }
            : {
              user: pick(users),
              verb: pick(["get", "list", "delete"]),
              path: "",
              resource: {
                ...core,
                group: pick(["", "apps"]),
                resource: kind,
                subresource,
                namespace: pick(["", ...namespaces]),
                name: pick(["", "x", "z"]),
              },
            };
          const expected = naiveDecision(policies as Policies, attributes);
          expect([JSON.stringify(attributes), rbac.authorize(attributes).allowed]).toEqual([
            JSON.stringify(attributes),
            expected,
          ]);
        }
      }
    } catch (error) {
      console.error(`SKIFF_TEST_SEED=${random.seed}`);
      throw error;
    }
  });
});
