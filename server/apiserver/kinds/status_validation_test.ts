import { describe, expect, it } from "vitest";
import * as resources from "../../../api/resources.ts";
import type { KubeObject, Resource } from "../../../api/resource.ts";
import type { StatusError } from "../../../api/status.ts";
import { TestRegistry } from "../registry/_testing.ts";

const labels = { app: "a" };
const template = { metadata: { labels }, spec: { containers: [{ name: "main", image: "busybox:1.36" }] } };
const spec = { selector: { matchLabels: labels }, template };
const volume = { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"] };
const claim = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "2Gi" } } };

/** What becomes of an object of these fields that is then patched, in its status or itself. */
async function patched(
  resource: Resource,
  fields: object,
  patches: readonly { readonly status?: object; readonly spec?: object }[],
): Promise<string> {
  await using test = await TestRegistry.open();
  const target = resource.namespaced ? { name: "a", namespace: "default" } : { name: "a" };
  await test.client.create(resource, { metadata: target, ...fields } as KubeObject);
  try {
    for (const patch of patches) {
      const options = patch.status ? { subresource: "status" as const } : {};
      await test.client.patch(resource, target, { type: "merge", patch }, options);
    }
    return "accepted";
  } catch (error) {
    return (error as StatusError).message;
  }
}

describe("a status", () => {
  it("counts no more of a kind than there are", async () => {
    const status = { replicas: 1, readyReplicas: 2, availableReplicas: 1 };
    const words = "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas";
    for (const resource of [resources.deployments, resources.replicasets, resources.statefulsets]) {
      const fields = { spec: { ...spec, ...resource.kind === "StatefulSet" && { serviceName: "s" } } };
      expect(await patched(resource, fields, [{ status }])).toContain(words);
      expect(await patched(resource, fields, [{ status: { replicas: 2, readyReplicas: 1 } }])).toBe("accepted");
    }
  });

  it("never counts collisions down", async () => {
    const words = "status.collisionCount: Invalid value: 1: cannot be decremented";
    const statuses = [{ status: { collisionCount: 2 } }, { status: { collisionCount: 1 } }];
    expect(await patched(resources.deployments, { spec }, statuses)).toContain(words);
  });

  it("of a namespace says by its phase whether it is being deleted", async () => {
    const words = "status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty";
    expect(await patched(resources.namespaces, {}, [{ status: { phase: "Terminating" } }])).toContain(words);
  });

  it("of a quota names resources that a quota can have", async () => {
    const status = { hard: { key: "1" }, used: { pods: "1500m" } };
    const message = await patched(resources.resourcequotas, { spec: {} }, [{ status }]);
    expect(message).toContain('status.hard[key]: Invalid value: "key": must be a standard resource for quota');
    expect(message).toContain('status.used[pods]: Invalid value: "1500m": must be an integer');
  });
});

describe("what a volume and a claim are", () => {
  it("stays: where a volume lies cannot be changed", async () => {
    const fields = { spec: { ...volume, hostPath: { path: "/a" } } };
    expect(await patched(resources.persistentvolumes, fields, [{ spec: { hostPath: { path: "/b" } } }]))
      .toContain("spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation");
    const change = { persistentVolumeReclaimPolicy: "Delete" };
    expect(await patched(resources.persistentvolumes, fields, [{ spec: change }])).toBe("accepted");
  });

  it("stays: a claim asks for another amount only when it is bound, and never for less than it has", async () => {
    const ask = (storage: string) => ({ spec: { resources: { requests: { storage } } } });
    expect(await patched(resources.persistentvolumeclaims, { spec: claim }, [ask("3Gi")]))
      .toContain("spec: Forbidden: spec is immutable after creation except");
    const bound = { status: { phase: "Bound", capacity: { storage: "2Gi" } } };
    expect(await patched(resources.persistentvolumeclaims, { spec: claim }, [bound, ask("1Gi")]))
      .toContain("spec.resources.requests.storage: Forbidden: field can not be less than status.capacity");
  });
});
