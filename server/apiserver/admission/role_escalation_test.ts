import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clusterrolebindings, clusterroles, rolebindings, roles } from "../../../api/resources.ts";
import type { StatusError } from "../../../api/status.ts";
import type { PolicyRule } from "../../../api/types/rbac_v1.ts";
import { SecuredRegistry, userNamed } from "../auth/testing/secured_registry.ts";
import type { UserInfo } from "../contract.ts";

async function outcome(promise: Promise<unknown>): Promise<string> {
  return await promise.then(() => "accepted", (error: StatusError) => `${error.code} ${error.message}`);
}

const metadata = (name: string) => ({ name, namespace: "team" });
const bindingOf = (name: string, kind: string, role: string) => ({
  metadata: metadata(name),
  roleRef: { kind, name: role },
  subjects: [{ kind: "User", name: "joe" }],
});

describe("RoleEscalation", () => {
  let secured: SecuredRegistry;
  let boss: UserInfo;
  beforeEach(async () => {
    secured = await SecuredRegistry.open();
    boss = await secured.bind("boss", "admin");
  });
  afterEach(async () => await secured[Symbol.asyncDispose]());

  /** Gives a user something beyond its role. */
  async function grant(user: string, rule: PolicyRule): Promise<void> {
    const name = `extra-${user}`;
    await secured.admin.create(clusterroles, { metadata: { name }, rules: [rule] });
    await secured.admin.create(clusterrolebindings, {
      metadata: { name },
      roleRef: { kind: "ClusterRole", name },
      subjects: [{ kind: "User", name: user }],
    });
  }

  it("lets a role have what its maker has, and no more", async () => {
    const client = secured.clientOf(boss);
    const create = (name: string, ...rules: PolicyRule[]) =>
      outcome(client.create(roles, { metadata: metadata(name), rules }));
    expect(await create("a", { verbs: ["get"], apiGroups: [""], resources: ["pods", "secrets"] })).toBe("accepted");
    expect(await create("b", { verbs: ["get", "list"], apiGroups: [""], resources: ["nodes", "pods"] })).toBe(
      '403 roles.rbac.authorization.k8s.io "b" is forbidden: user "boss" (groups=["system:authenticated"]) is attempting to grant RBAC ' +
        'permissions not currently held:\n{APIGroups:[""], Resources:["nodes"], Verbs:["get" "list"]}',
    );
    const widen = { rules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }] };
    const patch = () => outcome(client.patch(roles, metadata("a"), { type: "merge", patch: widen }));
    expect(await patch()).toContain('{APIGroups:["*"], Resources:["*"], Verbs:["*"]}');
    await grant("boss", { verbs: ["escalate"], apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles"] });
    expect(await patch()).toBe("accepted");
  });

  it("refuses before it is looked at what else is wrong", async () => {
    const own = secured.clientOf(boss);
    const role = (rules: unknown) =>
      outcome(own.create(roles, { metadata: metadata("x"), rules: rules as PolicyRule[] }));
    expect(await role([{ verbs: ["get"], nonResourceURLs: ["/debug"] }])).toContain("403 ");
    expect(await role([{ apiGroups: [""], resources: ["pods"] }])).toContain("rules[0].verbs: Required value");
    expect(await role([{}])).toContain("rules[0].verbs: Required value");
    expect(await role([{ verbs: ["get"], apiGroups: null, resources: null }])).toContain("422 ");
    expect(await role(null)).toBe("accepted");
    const bind = (roleRef: unknown) => outcome(own.create(rolebindings, { metadata: metadata("x"), roleRef } as never));
    expect(await bind({ kind: "Other", name: "x" })).toBe('400 unsupported role reference kind: "Other"');
    expect(await bind(undefined)).toBe('400 unsupported role reference kind: ""');
    const everywhere = { metadata: { name: "x" }, roleRef: { kind: "Role", name: "x" } };
    await grant("boss", {
      verbs: ["create"],
      apiGroups: ["rbac.authorization.k8s.io"],
      resources: ["clusterrolebindings"],
    });
    expect(await outcome(own.create(clusterrolebindings, everywhere))).toBe("400 Namespace parameter required.");
  });

  it("lets a binding give what its maker has, or may bind", async () => {
    const client = secured.clientOf(boss);
    const bind = (name: string, kind: string, role: string) =>
      outcome(client.create(rolebindings, bindingOf(name, kind, role)));
    expect(await bind("a", "ClusterRole", "edit")).toBe("accepted");
    expect(await bind("b", "ClusterRole", "system:node")).toContain("not currently held");
    expect(await bind("c", "Role", "none")).toBe('404 rolebindings.rbac.authorization.k8s.io "none" not found');
    await grant("boss", {
      verbs: ["bind"],
      apiGroups: ["rbac.authorization.k8s.io"],
      resources: ["clusterroles"],
      resourceNames: ["system:node"],
    });
    expect(await bind("b", "ClusterRole", "system:node")).toBe("accepted");
    expect(await bind("d", "ClusterRole", "cluster-admin")).toContain("not currently held");
    const moved = { roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" } };
    const patch = client.patch(rolebindings, metadata("a"), { type: "merge", patch: moved });
    expect(await outcome(patch)).toContain("403");
  });

  it("keeps aggregation to those who have everything", async () => {
    const rule: PolicyRule = { verbs: ["*"], apiGroups: ["rbac.authorization.k8s.io"], resources: ["clusterroles"] };
    await grant("jane", { ...rule, verbs: ["create", "update", "get"] });
    const client = secured.clientOf(userNamed("jane"));
    const role = {
      metadata: { name: "sum" },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] },
    };
    expect(await outcome(client.create(clusterroles, role))).toBe(
      '403 clusterroles.rbac.authorization.k8s.io "sum" is forbidden: must have cluster-admin privileges to use the aggregationRule',
    );
    expect(await outcome(secured.admin.create(clusterroles, role))).toBe("accepted");
  });

  it("lets the garbage collector at owners and finalizers", async () => {
    await secured.admin.create(rolebindings, bindingOf("root", "ClusterRole", "cluster-admin"));
    const client = secured.clientOf(boss);
    const patch = (patch: Record<string, unknown>) =>
      outcome(client.patch(rolebindings, metadata("root"), { type: "merge", patch }));
    expect(await patch({ metadata: { finalizers: ["example.org/x"] } })).toBe("accepted");
    expect(await patch({ metadata: { labels: { a: "b" } } })).toContain("not currently held");
    expect(await outcome(client.delete(rolebindings, metadata("root")))).toBe("accepted");
  });
});
