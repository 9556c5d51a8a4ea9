import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  clusterrolebindings,
  clusterroles,
  namespaces,
  resourceclaims,
  resourceclaimtemplates,
} from "../../../api/resources.ts";
import type { StatusError } from "../../../api/status.ts";
import type { PolicyRule } from "../../../api/types/rbac_v1.ts";
import type { ResourceClaim, ResourceClaimStatus } from "../../../api/types/resource_v1.ts";
import { MASTERS_GROUP } from "../auth/access.ts";
import { SecuredRegistry, userNamed } from "../auth/testing/secured_registry.ts";
import type { UserInfo } from "../contract.ts";

const metadata = { name: "c", namespace: "team" };
const exactly = { deviceClassName: "c", adminAccess: true };
const admins = { devices: { requests: [{ name: "r", exactly }] } };
const plain = { devices: { requests: [{ name: "r", exactly: { deviceClassName: "c" } }] } };
const device = { driver: "d.com", pool: "p", device: "x" };
const result = { request: "r", ...device };
const apiGroups = [resourceclaims.group];
const mayUpdate = {
  verbs: ["get", "update", "patch"],
  apiGroups,
  resources: ["resourceclaims", "resourceclaims/status"],
};
const mayBind = { verbs: ["update"], apiGroups, resources: ["resourceclaims/binding"] };
const boss = userNamed("boss", MASTERS_GROUP);
const labelled = "admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the " +
  "containing namespace";

async function outcome(promise: Promise<unknown>): Promise<string> {
  return await promise.then(() => "accepted", (error: StatusError) => `${error.code} ${error.message}`);
}

describe("who gives devices", () => {
  let secured: SecuredRegistry;
  beforeEach(async () => {
    secured = await SecuredRegistry.open();
  });
  afterEach(async () => await secured[Symbol.asyncDispose]());

  /** A user with these rules everywhere. */
  async function userWith(name: string, ...rules: PolicyRule[]): Promise<UserInfo> {
    await secured.admin.create(clusterroles, { metadata: { name }, rules });
    await secured.admin.create(clusterrolebindings, {
      metadata: { name },
      roleRef: { kind: "ClusterRole", name },
      subjects: [{ kind: "User", name }],
    });
    return userNamed(name);
  }

  /** The claim's status, written by a user. */
  async function report(user: UserInfo, status: ResourceClaimStatus): Promise<string> {
    const claim = await secured.admin.get(resourceclaims, metadata);
    const client = secured.clientOf(user);
    return await outcome(client.update(resourceclaims, { ...claim, status }, { subresource: "status" }));
  }

  it("is asked for as an administrator in namespaces that are labelled for it", async () => {
    const { admin } = secured;
    const claim = (name: string) =>
      outcome(admin.create(resourceclaims, { metadata: { ...metadata, name }, spec: admins }));
    const at = "spec.devices.requests[0].adminAccess: Forbidden";
    expect(await claim("a")).toBe(`422 ResourceClaim.resource.k8s.io "a" is invalid: ${at}: ${labelled}`);
    const template = { metadata, spec: { spec: admins } };
    expect(await outcome(admin.create(resourceclaimtemplates, template))).toContain(`${at}: ${labelled}`);
    await admin.create(resourceclaims, { metadata, spec: plain } as ResourceClaim);
    const allocation = { devices: { results: [{ ...result, adminAccess: true }] } };
    expect(await report(boss, { allocation })).toContain(
      `status.allocation.devices.results[0].adminAccess: Forbidden: ${labelled}`,
    );
    const patch = { metadata: { labels: { "resource.kubernetes.io/admin-access": "true" } } };
    await admin.patch(namespaces, { name: "team" }, { type: "merge", patch });
    expect(await claim("a")).toBe("accepted");
    expect(await outcome(admin.create(resourceclaimtemplates, template))).toBe("accepted");
    expect(await report(boss, { allocation })).toBe("accepted");
  });

  it("binds claims by a permission of its own, for the way it is done", async () => {
    await secured.admin.create(resourceclaims, { metadata, spec: plain } as ResourceClaim);
    const allocation = { devices: { results: [result] } };
    const jane = await userWith("jane", mayUpdate);
    expect(await report(jane, { allocation })).toBe(
      '422 ResourceClaim.resource.k8s.io "c" is invalid: status.allocation: Forbidden: changing status.allocation or ' +
        'status.reservedFor requires resource="resourceclaims/binding", verb="update" permission: ' +
        'resourceclaims.resource.k8s.io is forbidden: User "jane" cannot update resource "resourceclaims/binding" in API ' +
        'group "resource.k8s.io" at the cluster scope',
    );
    const scheduler = await userWith("scheduler", mayUpdate, mayBind);
    const patch = { status: { allocation } };
    const patched = secured.clientOf(scheduler).patch(resourceclaims, metadata, { type: "merge", patch }, {
      subresource: "status",
    });
    expect(await outcome(patched)).toContain('verb="patch" permission');
    expect(await report(scheduler, { allocation })).toBe("accepted");
  });

  it("tells of a driver's devices, everywhere or on its node", async () => {
    await secured.admin.create(resourceclaims, { metadata, spec: plain } as ResourceClaim);
    const matchFields = [{ key: "metadata.name", operator: "In", values: ["edge"] }];
    const allocation = {
      devices: { results: [result] },
      nodeSelector: { nodeSelectorTerms: [{ matchFields }] },
    };
    expect(await report(boss, { allocation })).toBe("accepted");
    const told = { allocation, devices: [device] };
    const driver = (verb: string): PolicyRule => ({
      verbs: [verb],
      apiGroups,
      resources: ["resourceclaims/driver"],
      resourceNames: ["d.com"],
    });
    expect(await report(await userWith("joe", mayUpdate, driver("associated-node:update")), told)).toContain(
      'status.devices: Forbidden: changing status.devices requires resource="resourceclaims/driver", ' +
        'verb="[arbitrary-node:update]" permission: resourceclaims.resource.k8s.io "d.com" is forbidden: User "joe" cannot ' +
        'arbitrary-node:update resource "resourceclaims/driver" in API group "resource.k8s.io" in the namespace "team"',
    );
    const name = "system:serviceaccount:team:driver";
    const account = await userWith(name, mayUpdate, driver("associated-node:update"));
    const on = (node: string) => ({ ...account, extra: { "authentication.kubernetes.io/node-name": [node] } });
    expect(await report(on("core"), told)).toContain('verb="[arbitrary-node:update]" permission');
    expect(await report(on("edge"), told)).toBe("accepted");
    expect(await report(await userWith("bill", mayUpdate, driver("arbitrary-node:update")), { allocation })).toBe(
      "accepted",
    );
  });
});
