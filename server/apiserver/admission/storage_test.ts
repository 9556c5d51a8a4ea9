import { describe, expect, it } from "vitest";
import { persistentvolumeclaims, persistentvolumes, storageclasses } from "../../../api/resources.ts";
import type { StatusError } from "../../../api/status.ts";
import type { PersistentVolumeClaim } from "../../../api/types/core_v1.ts";
import { TestRegistry } from "../registry/_testing.ts";

const isDefault = { "storageclass.kubernetes.io/is-default-class": "true" };

function claimOf(name: string, fields: Partial<PersistentVolumeClaim["spec"]> = {}): PersistentVolumeClaim {
  return {
    metadata: { name, namespace: "default" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...fields },
  };
}

function classOf(name: string, annotations = {}, allowVolumeExpansion = false) {
  return { metadata: { name, annotations }, provisioner: "example.com/p", allowVolumeExpansion };
}

describe("admission of storage", () => {
  it("gives claims the newest default class, and protects them", async () => {
    await using test = await TestRegistry.open();
    const none = await test.client.create(persistentvolumeclaims, claimOf("none"));
    expect(none.spec.storageClassName).toBeUndefined();
    await test.client.create(storageclasses, classOf("old", isDefault));
    await test.clock.advance(5000);
    await test.client.create(storageclasses, classOf("b-new", isDefault));
    await test.client.create(storageclasses, classOf("c-new", isDefault));
    await test.client.create(storageclasses, classOf("a-plain"));
    const made = await test.client.create(persistentvolumeclaims, claimOf("a"));
    expect(made.spec.storageClassName).toBe("b-new");
    expect(made.metadata.finalizers).toEqual(["kubernetes.io/pvc-protection"]);
    const empty = await test.client.create(persistentvolumeclaims, claimOf("b", { storageClassName: "" }));
    expect(empty.spec.storageClassName).toBe("");
    const old = claimOf("c");
    old.metadata.annotations = { "volume.beta.kubernetes.io/storage-class": "x" };
    expect((await test.client.create(persistentvolumeclaims, old)).spec.storageClassName).toBeUndefined();
    const volume = await test.client.create(persistentvolumes, {
      metadata: { name: "v" },
      spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/x" } },
    });
    expect(volume.metadata.finalizers).toEqual(["kubernetes.io/pv-protection"]);
  });

  it("lets claims grow that are bound and whose class can", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(storageclasses, classOf("fixed"));
    await test.client.create(storageclasses, classOf("elastic", {}, true));
    const grow = async (name: string, storage: string) => {
      const target = { namespace: "default", name };
      const patch = { spec: { resources: { requests: { storage } } } };
      return await test.client.patch(persistentvolumeclaims, target, { type: "merge", patch })
        .then(() => "accepted", (error: StatusError) => error.message);
    };
    const bind = async (name: string) => {
      const target = { namespace: "default", name };
      const patch = { status: { phase: "Bound" } };
      await test.client.patch(persistentvolumeclaims, target, { type: "merge", patch }, { subresource: "status" });
    };
    await test.client.create(persistentvolumeclaims, claimOf("a", { storageClassName: "fixed", volumeName: "va" }));
    await test.client.create(persistentvolumeclaims, claimOf("b", { storageClassName: "elastic", volumeName: "vb" }));
    expect(await grow("b", "2Gi")).toContain("spec is immutable after creation except resources.requests");
    await bind("a");
    await bind("b");
    expect(await grow("b", "2Gi")).toBe("accepted");
    expect(await grow("a", "2Gi")).toContain("the storageclass that provisions the pvc must support resize");
  });
});
