import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  certificatesigningrequests,
  csinodes,
  leases,
  nodes,
  pods,
  serviceaccounts,
} from "../../../../api/resources.ts";
import type { Resource } from "../../../../api/resource.ts";
import type { StatusError } from "../../../../api/status.ts";
import type { TokenRequest } from "../../../../api/types/authentication_v1.ts";
import type { Node, Pod } from "../../../../api/types/core_v1.ts";
import type { Client } from "../../../../client/client.ts";
import { nodeNamed, SecuredRegistry } from "../../auth/testing/secured_registry.ts";
import { apiReferenceOf } from "./api_references.ts";
import { forbiddenLabels } from "./labels.ts";

async function outcome(promise: Promise<unknown>): Promise<string> {
  return await promise.then(() => "accepted", (error: StatusError) => error.message);
}

describe("NodeRestriction", () => {
  let secured: SecuredRegistry;
  let own: Client;
  let node: Node;
  beforeEach(async () => {
    secured = await SecuredRegistry.open();
    own = secured.clientOf(nodeNamed("n1"));
    node = await own.create(nodes, {
      metadata: { name: "n1", labels: { "kubernetes.io/hostname": "n1", mine: "1" } },
      spec: {},
    });
    await secured.admin.create(nodes, { metadata: { name: "n2" }, spec: {} });
    for (const name of ["n1", "n2"]) {
      const spec = { nodeName: name, containers: [{ name: "c", image: "i" }] };
      await secured.admin.create(pods, { metadata: { name, namespace: "team" }, spec });
    }
  });
  afterEach(async () => await secured[Symbol.asyncDispose]());

  it("keeps a node to its own Node, and off taints and labels that keep others apart", async () => {
    const patch = (name: string, patch: Record<string, unknown>, subresource?: string) =>
      outcome(own.patch(nodes, { name }, { type: "merge", patch }, subresource ? { subresource } : {}));
    expect(await outcome(own.create(nodes, { metadata: { name: "n3" }, spec: {} }))).toContain(
      'node "n1" is not allowed to modify node "n3"',
    );
    expect(await patch("n2", { status: {} }, "status")).toContain('node "n1" is not allowed to modify node "n2"');
    expect(await patch("n1", { status: { phase: "Running" } }, "status")).toBe("accepted");
    expect(await patch("n1", { metadata: { labels: { mine: "2", "node.kubernetes.io/x": "y" } } })).toBe("accepted");
    expect(await patch("n1", { metadata: { labels: { "node-restriction.kubernetes.io/a": "b", "a.k8s.io/x": "y" } } }))
      .toBe(
        'nodes "n1" is forbidden: is not allowed to modify labels: a.k8s.io/x, node-restriction.kubernetes.io/a',
      );
    expect(await patch("n1", { spec: { taints: [{ key: "a", effect: "NoSchedule" }] } })).toContain(
      "is not allowed to modify taints",
    );
    const owner = { apiVersion: "v1", kind: "Pod", name: "x", uid: "u" };
    expect(await patch("n1", { metadata: { ownerReferences: [owner] } })).toContain(
      "is not allowed to modify ownerReferences",
    );
    expect(await outcome(own.delete(nodes, { name: "n2" }))).toContain("is not allowed to modify node");
  });

  it("refuses before it is looked at what else is wrong, and before what is not kept is dropped", async () => {
    const patch = { type: "merge", patch: { spec: { configSource: {} } } } as const;
    const unnamed = { metadata: { generateName: "n" }, spec: {} };
    const spec = { signerName: "kubernetes.io/kubelet-serving", request: "YQ==", usages: ["server auth"] };
    const claims = { status: { resourceClaimStatuses: [{ name: "x", resourceClaimName: "y" }] } };
    const [pod, nowhere] = [{ namespace: "team", name: "n1" }, { namespace: "team", name: "none" }];
    const evict = (name: string, asked: string) =>
      own.create(
        pods as Resource,
        { apiVersion: "policy/v1", kind: "Eviction", metadata: { ...nowhere, name: asked } },
        { subresource: "eviction", name, namespace: "team" },
      );
    const cases: readonly [Promise<unknown>, string][] = [
      [own.patch(nodes, { name: "n1" }, patch), "is not allowed to update configSource to a new non-nil configSource"],
      [own.create(nodes, unnamed), 'nodes "n" is forbidden: node "n1" is not allowed to modify node ""'],
      [
        own.create(certificatesigningrequests, { metadata: { name: "c" }, spec }),
        '"c" is forbidden: unable to parse csr',
      ],
      [
        own.patch(pods, pod, { type: "merge", patch: claims }, { subresource: "status" }),
        "cannot update resource claim statues",
      ],
      [evict("n2", "other"), "can only evict pods with spec.nodeName set to itself"],
      [evict("none", "other"), 'pod "none" not found'],
      [evict("n1", "other"), "name in URL does not match name in Eviction object"],
    ];
    for (const [attempt, words] of cases) expect(await outcome(attempt)).toContain(words);
  });

  it("lets it make mirror Pods of its own alone", async () => {
    const owner = { apiVersion: "v1", kind: "Node", name: "n1", uid: node.metadata.uid ?? "", controller: true };
    const mirror = (metadata: Partial<Pod["metadata"]> = {}, spec: Partial<Pod["spec"]> = {}): Pod => ({
      metadata: {
        name: `m${Math.random()}`,
        namespace: "team",
        annotations: { "kubernetes.io/config.mirror": "h" },
        ownerReferences: [owner],
        ...metadata,
      },
      spec: { nodeName: "n1", containers: [{ name: "c", image: "i" }], ...spec },
    });
    const create = (pod: Pod) => outcome(own.create(pods, pod));
    expect(await create(mirror())).toBe("accepted");
    expect(await create(mirror({ annotations: {} }))).toContain("can only create mirror pods");
    expect(await create(mirror({}, { nodeName: "n2" }))).toContain("with spec.nodeName set to itself");
    expect(await create(mirror({ ownerReferences: [] }))).toContain("with an owner reference set to itself");
    expect(await create(mirror({ ownerReferences: [{ ...owner, uid: "other" }] }))).toContain("UID mismatch");
    expect(await create(mirror({ ownerReferences: [{ ...owner, controller: false }] }))).toContain(
      "controller owner reference",
    );
    expect(await create(mirror({ ownerReferences: [{ ...owner, blockOwnerDeletion: true }] }))).toContain(
      "blockOwnerDeletion",
    );
    const reads = { containers: [{ name: "c", image: "i", envFrom: [{ configMapRef: { name: "x" } }] }] };
    expect(await create(mirror({}, reads))).toContain("can not create pods that reference configmaps");
  });

  it("keeps it to the Pods that it runs", async () => {
    const at = (name: string) => ({ namespace: "team", name });
    const status = (name: string, patch: Record<string, unknown>) =>
      outcome(own.patch(pods, at(name), { type: "merge", patch }, { subresource: "status" }));
    expect(await status("n1", { status: { phase: "Running" } })).toBe("accepted");
    expect(await status("n2", { status: { phase: "Running" } })).toContain(
      "can only update pod status for pods with spec.nodeName set to itself",
    );
    expect(await status("n1", { metadata: { labels: { a: "b" } } })).toContain(
      "cannot update labels through pod status",
    );
    expect(await outcome(own.patch(pods, at("n1"), { type: "merge", patch: { metadata: { labels: { a: "b" } } } })))
      .toContain("unexpected operation");
    const eviction = (name: string) => ({ apiVersion: "policy/v1", kind: "Eviction", metadata: at(name) });
    const evict = (name: string) =>
      outcome(own.create(pods as Resource, eviction(name), { subresource: "eviction", name, namespace: "team" }));
    expect(await evict("n2")).toContain("can only evict pods with spec.nodeName set to itself");
    expect(await outcome(own.delete(pods, at("n2")))).toContain(
      "can only delete pods with spec.nodeName set to itself",
    );
    expect(await outcome(own.delete(pods, at("n1"), { gracePeriodSeconds: 0 }))).toBe("accepted");
  });

  it("gives it tokens for its Pods, for the audiences that they want", async () => {
    const uid = (await secured.admin.get(pods, { namespace: "team", name: "n1" })).metadata.uid ?? "";
    const token = (spec: Partial<TokenRequest["spec"]>) => {
      const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", metadata: {}, spec };
      return outcome(
        own.create(serviceaccounts as Resource, request, { subresource: "token", name: "default", namespace: "team" }),
      );
    };
    const boundObjectRef = { apiVersion: "v1", kind: "Pod", name: "n1", uid };
    expect(await token({ boundObjectRef })).toBe("accepted");
    expect(await token({})).toContain("node requested token not bound to a pod");
    expect(await token({ boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "n1" } })).toContain("without a uid");
    expect(await token({ boundObjectRef: { ...boundObjectRef, uid: "other" } })).toContain(
      "does not match the UID in record",
    );
    const elsewhere = await secured.admin.get(pods, { namespace: "team", name: "n2" });
    expect(await token({ boundObjectRef: { ...boundObjectRef, name: "n2", uid: elsewhere.metadata.uid ?? "" } }))
      .toContain("scheduled on a different node");
    expect(await token({ boundObjectRef, audiences: ["vault"] })).toContain(
      'audience "vault" not found in pod spec volume',
    );
    expect(await token({ boundObjectRef, audiences: ["a", "b"] })).toContain("0 or 1 audiences");
  });

  it("keeps it to its own Lease and CSINode, and touches nobody else", async () => {
    const lease = (name: string, namespace = "kube-node-lease") =>
      outcome(own.create(leases, { metadata: { name, namespace }, spec: { holderIdentity: name } }));
    expect(await lease("n1")).toBe("accepted");
    expect(await lease("n2")).toContain("with the same name as the requesting node");
    expect(await lease("n1", "team")).toContain('in the "kube-node-lease" system namespace');
    expect(await outcome(own.create(csinodes, { metadata: { name: "n2" }, spec: { drivers: [] } }))).toContain(
      "CSINode with the same name",
    );
    expect(await outcome(secured.admin.delete(nodes, { name: "n1" }))).toBe("accepted");
  });
});

describe("forbiddenLabels", () => {
  it("are those of Kubernetes that are not the kubelet's", () => {
    const labels = [
      "a",
      "x/y",
      "kubernetes.io/hostname",
      "sub.node.kubernetes.io/a",
      "kubernetes.io/x",
      "a.k8s.io/b",
      "notk8s.io/c",
    ];
    const set = Object.fromEntries(labels.map((label) => [label, "1"]));
    expect(forbiddenLabels(set)).toEqual(["a.k8s.io/b", "kubernetes.io/x"]);
    expect(forbiddenLabels({}, set)).toEqual(["a.k8s.io/b", "kubernetes.io/x"]);
    expect(forbiddenLabels(set, set)).toEqual([]);
    expect(forbiddenLabels({ "node-role.kubernetes.io/worker": "" })).toEqual(["node-role.kubernetes.io/worker"]);
  });
});

describe("apiReferenceOf", () => {
  const of = (spec: Partial<Pod["spec"]>) => apiReferenceOf({ metadata: {}, spec: { containers: [], ...spec } });
  it("names what a node cannot have of its own", () => {
    expect(of({ volumes: [{ name: "a", hostPath: { path: "/" } }, { name: "b", emptyDir: {} }] })).toBeUndefined();
    expect(of({ volumes: [{ name: "a", projected: { sources: [{ downwardAPI: {} }] } }] })).toBeUndefined();
    expect(of({ volumes: [{ name: "a", projected: { sources: [{ secret: { name: "s" } }] } }] })).toBe(
      "secrets (via projected volumes)",
    );
    expect(of({ volumes: [{ name: "a", csi: { driver: "d" } }] })).toBe("csidrivers (via CSI volumes)");
    expect(of({ volumes: [{ name: "a", iscsi: { targetPortal: "", iqn: "", lun: 0, secretRef: { name: "s" } } }] }))
      .toBe("secrets");
    expect(of({ serviceAccountName: "x" })).toBe("serviceaccounts");
    expect(of({ imagePullSecrets: [{ name: "x" }] })).toBe("secrets");
  });
});
