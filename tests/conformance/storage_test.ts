import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  configmaps,
  csidrivers,
  csinodes,
  csistoragecapacities,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  secrets,
  storageclasses,
  volumeattachments,
  volumeattributesclasses,
} from "../../api/resources.ts";
import { isAlreadyExists, isInvalid } from "../../api/status.ts";
import type { KubeObject, Resource } from "../../api/resource.ts";
import type { PersistentVolume, PersistentVolumeClaim } from "../../api/types/core_v1.ts";
import { retry } from "../e2e/retry.ts";
import { TestApi } from "./api.ts";
import { expectGone, liveThrough } from "./lifecycle.ts";

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api[Symbol.asyncDispose]());

const labelled = { metadata: { labels: { patched: "true" } } };

describe("storage/csi_inline.go", () => {
  it("CSIDrivers can be created, changed and deleted", () =>
    liveThrough(api, {
      resource: csidrivers,
      object: { spec: { attachRequired: false, volumeLifecycleModes: ["Ephemeral"] } },
      change: labelled,
    }));

  it("a Pod may have volumes of a CSI driver in its spec", async () => {
    const namespace = await api.namespace();
    const csi = (n: number) => ({ driver: `driver-${n}.example.com`, volumeAttributes: { n: String(n) } });
    const pod = {
      metadata: { namespace, name: "inline" },
      spec: {
        volumes: [{ name: "one", csi: csi(1) }, { name: "two", csi: csi(2) }],
        containers: [{
          name: "c",
          image: "i",
          volumeMounts: [{ name: "one", mountPath: "/mnt/one" }, { name: "two", mountPath: "/mnt/two" }],
        }],
      },
    };
    const { spec } = await api.client.create(pods, pod);
    expect(spec.volumes?.filter((volume) => volume.csi)).toMatchObject(pod.spec.volumes);
    expect(isAlreadyExists(await api.client.create(pods, pod).catch((error) => error))).toBe(true);
    await api.client.delete(pods, pod.metadata);
    await expectGone(api, pods, pod.metadata);
  });
});

describe("storage/csi_node.go", () => {
  it("CSINodes can be created, changed and deleted", () =>
    liveThrough(api, {
      resource: csinodes,
      object: { spec: { drivers: [{ name: "driver.example.com", nodeID: "n1", topologyKeys: ["zone"] }] } },
      change: labelled,
    }));
});

describe("storage/csistoragecapacity.go", () => {
  it("CSIStorageCapacities can be created, changed, found in all namespaces and deleted", () =>
    liveThrough(api, {
      resource: csistoragecapacities,
      object: { storageClassName: "fast", capacity: "1Gi", nodeTopology: { matchLabels: { zone: "a" } } },
      change: { capacity: "2Gi" },
    }));
});

describe("storage/storageclass.go", () => {
  it("StorageClasses can be created, changed and deleted", () =>
    liveThrough(api, {
      resource: storageclasses,
      object: { provisioner: "provisioner.example.com", reclaimPolicy: "Delete", parameters: { kind: "fast" } },
      change: labelled,
    }));

  it("what a StorageClass provides cannot be changed", async () => {
    const metadata = { name: "fixed" };
    const provisioner = "provisioner.example.com";
    await api.client.create(storageclasses, { metadata, provisioner, reclaimPolicy: "Delete" });
    const patch = { provisioner: "other.example.com", reclaimPolicy: "Retain" };
    const refused = await api.client.patch(storageclasses, metadata, { type: "merge", patch }).catch((e) => e);
    expect(isInvalid(refused)).toBe(true);
    await api.client.delete(storageclasses, metadata);
  });
});

describe("storage/volume_attachment.go", () => {
  it("VolumeAttachments can be created, changed and deleted, and have a status", () =>
    liveThrough(api, {
      resource: volumeattachments,
      statusAlone: true,
      object: {
        spec: { attacher: "driver.example.com", nodeName: "n1", source: { persistentVolumeName: "pv" } },
      },
      change: labelled,
      status: { attached: true },
    }));
});

describe("storage/volumeattributesclass.go", () => {
  it("VolumeAttributesClasses can be created, changed and deleted", () =>
    liveThrough(api, {
      resource: volumeattributesclasses,
      object: { driverName: "driver.example.com", parameters: { iops: "100" } },
      change: labelled,
    }));
});

describe("storage/persistent_volumes.go", () => {
  const storageClassName = "none";
  const volume: Omit<PersistentVolume, "metadata"> = {
    spec: {
      capacity: { storage: "2Gi" },
      accessModes: ["ReadWriteOnce"],
      storageClassName,
      csi: { driver: "driver.example.com", volumeHandle: "handle" },
    },
  };
  const claim: Omit<PersistentVolumeClaim, "metadata"> = {
    spec: { accessModes: ["ReadWriteOnce"], storageClassName, resources: { requests: { storage: "1Gi" } } },
  };

  it("PersistentVolumes can be created, changed and deleted, and have a status", () =>
    liveThrough(api, {
      resource: persistentvolumes,
      object: volume,
      change: labelled,
      status: { message: "patched", reason: "Test" },
    }));

  it("PersistentVolumeClaims can be created, changed, found in all namespaces and deleted, and have a status", () =>
    liveThrough(api, {
      resource: persistentvolumeclaims,
      object: claim,
      change: labelled,
      status: { conditions: [{ type: "Patched", status: "True", reason: "Test", message: "by a test" }] },
    }));

  it("a new claim is Pending and a new volume Available or Pending", async () => {
    const namespace = await api.namespace();
    const made = await api.client.create(persistentvolumeclaims, { metadata: { namespace, name: "c" }, ...claim });
    expect(made.status?.phase).toBe("Pending");
    const { status } = await api.client.create(persistentvolumes, { metadata: { name: "v" }, ...volume });
    expect(["Pending", "Available"]).toContain(status?.phase);
    await api.client.delete(persistentvolumeclaims, { namespace, name: "c" });
    await api.client.delete(persistentvolumes, { name: "v" });
    await retry("both to be gone", async () => {
      expect((await api.client.list(persistentvolumes)).items).toEqual([]);
      expect((await api.client.list(persistentvolumeclaims)).items).toEqual([]);
    });
  });
});

describe("common/storage: immutable ConfigMaps and Secrets", () => {
  const kinds: readonly Resource<KubeObject & { immutable?: boolean; data?: Record<string, string> }>[] = [
    configmaps,
    secrets,
  ];
  for (const resource of kinds) {
    it(`a ${resource.kind} can be made immutable, which cannot be taken back, and then its data cannot be changed`, async () => {
      const target = { namespace: await api.namespace(), name: "fixed" };
      const [old, other] = resource.kind === "Secret" ? ["b2xk", "bmV3"] : ["old", "new"];
      const change = (patch: Record<string, unknown>) => api.client.patch(resource, target, { type: "merge", patch });
      await api.client.create(resource, { metadata: target, data: { a: old } });
      expect((await change({ data: { a: other } })).data).toEqual({ a: other });
      expect((await change({ immutable: true })).immutable).toBe(true);
      for (const patch of [{ data: { a: old } }, { data: { b: old } }, { immutable: false }, { immutable: null }]) {
        expect(isInvalid(await change(patch).catch((error) => error))).toBe(true);
      }
      expect((await change({ metadata: { labels: { still: "free" } } })).metadata.labels).toEqual({ still: "free" });
      await api.client.delete(resource, target);
      await expectGone(api, resource, target);
    });
  }
});
