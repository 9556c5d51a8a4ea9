import type { Specimen } from "./specimen.ts";

const app = { app: "a" };

/** Volumes, storage.k8s.io and resource.k8s.io. */
export const storage: readonly Specimen[] = [
  {
    of: "/persistentvolumes",
    object: {
      spec: {
        capacity: { storage: "2Gi" },
        accessModes: ["ReadWriteOnce"],
        persistentVolumeReclaimPolicy: "Retain",
        storageClassName: "c",
        volumeMode: "Filesystem",
        mountOptions: ["ro"],
        csi: {
          driver: "driver.example.com",
          volumeHandle: "h",
          fsType: "ext4",
          volumeAttributes: { a: "b" },
          nodePublishSecretRef: { name: "s", namespace: "diff" },
        },
        claimRef: { kind: "PersistentVolumeClaim", namespace: "diff", name: "c" },
        nodeAffinity: {
          required: { nodeSelectorTerms: [{ matchExpressions: [{ key: "zone", operator: "In", values: ["a"] }] }] },
        },
      },
    },
    status: { phase: "Available", message: "m", reason: "r" },
  },
  {
    of: "/persistentvolumes",
    object: {
      spec: {
        capacity: { storage: "2Gi" },
        accessModes: ["ReadWriteOnce", "ReadOnlyMany"],
        hostPath: { path: "/data", type: "Directory" },
      },
    },
  },
  {
    of: "/persistentvolumes",
    object: {
      spec: {
        capacity: { storage: "2Gi" },
        accessModes: ["ReadWriteOnce"],
        local: { path: "/data" },
        nodeAffinity: {
          required: { nodeSelectorTerms: [{ matchExpressions: [{ key: "zone", operator: "In", values: ["a"] }] }] },
        },
      },
    },
  },
  {
    of: "/persistentvolumes",
    object: {
      spec: {
        capacity: { storage: "2Gi" },
        accessModes: ["ReadWriteMany"],
        nfs: { server: "nfs.example.com", path: "/data", readOnly: true },
      },
    },
  },
  {
    of: "/persistentvolumeclaims",
    object: {
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: "c",
        volumeMode: "Filesystem",
        resources: { requests: { storage: "1Gi" }, limits: { storage: "2Gi" } },
        selector: { matchLabels: app },
        volumeAttributesClassName: "v",
      },
    },
    status: {
      phase: "Pending",
      conditions: [{ type: "Resizing", status: "True" }],
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
    },
  },
  {
    of: "/persistentvolumeclaims",
    object: {
      spec: {
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: "1Gi" } },
        dataSourceRef: { apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name: "s" },
      },
    },
  },
  {
    of: "storage.k8s.io/csidrivers",
    object: {
      spec: {
        attachRequired: true,
        podInfoOnMount: true,
        volumeLifecycleModes: ["Persistent", "Ephemeral"],
        storageCapacity: true,
        fsGroupPolicy: "File",
        tokenRequests: [{ audience: "a", expirationSeconds: 3600 }],
        requiresRepublish: true,
        seLinuxMount: true,
        nodeAllocatableUpdatePeriodSeconds: 60,
      },
    },
  },
  {
    of: "storage.k8s.io/csinodes",
    object: {
      spec: {
        drivers: [{ name: "driver.example.com", nodeID: "n", topologyKeys: ["zone"], allocatable: { count: 5 } }],
      },
    },
  },
  {
    of: "storage.k8s.io/csistoragecapacities",
    object: {
      storageClassName: "c",
      capacity: "1Gi",
      maximumVolumeSize: "1Gi",
      nodeTopology: { matchLabels: { zone: "a" } },
    },
  },
  {
    of: "storage.k8s.io/storageclasses",
    object: {
      provisioner: "provisioner.example.com",
      parameters: { a: "b" },
      reclaimPolicy: "Retain",
      mountOptions: ["ro"],
      allowVolumeExpansion: true,
      volumeBindingMode: "WaitForFirstConsumer",
      allowedTopologies: [{ matchLabelExpressions: [{ key: "zone", values: ["a", "b"] }] }],
    },
  },
  {
    of: "storage.k8s.io/volumeattachments",
    object: { spec: { attacher: "driver.example.com", nodeName: "n", source: { persistentVolumeName: "pv" } } },
    status: { attached: true, attachmentMetadata: { a: "b" }, attachError: { message: "m" } },
  },
  {
    of: "storage.k8s.io/volumeattributesclasses",
    object: { driverName: "driver.example.com", parameters: { iops: "100" } },
  },
  {
    of: "resource.k8s.io/deviceclasses",
    object: {
      spec: {
        selectors: [{ cel: { expression: "device.driver == 'd.example.com'" } }],
        config: [{ opaque: { driver: "d.example.com", parameters: { a: 1 } } }],
        extendedResourceName: "example.com/gpu",
      },
    },
  },
  {
    of: "resource.k8s.io/resourceclaims",
    object: {
      spec: {
        devices: {
          requests: [{
            name: "r",
            exactly: {
              deviceClassName: "c",
              selectors: [{ cel: { expression: "true" } }],
              allocationMode: "ExactCount",
              count: 2,
            },
          }, { name: "f", firstAvailable: [{ name: "a", deviceClassName: "c" }, { name: "b", deviceClassName: "d" }] }],
          constraints: [{ requests: ["r"], matchAttribute: "d.example.com/numa" }],
          config: [{ requests: ["r"], opaque: { driver: "d.example.com", parameters: {} } }],
        },
      },
    },
    status: {
      allocation: { devices: { results: [{ request: "r", driver: "d.example.com", pool: "p", device: "d" }] } },
      reservedFor: [{ resource: "pods", name: "p", uid: "u" }],
    },
  },
  {
    of: "resource.k8s.io/resourceclaimtemplates",
    object: {
      metadata: { labels: app },
      spec: {
        metadata: { labels: app },
        spec: { devices: { requests: [{ name: "r", exactly: { deviceClassName: "c" } }] } },
      },
    },
  },
  {
    of: "resource.k8s.io/resourceslices",
    object: {
      spec: {
        driver: "d.example.com",
        nodeName: "n",
        pool: { name: "p", generation: 1, resourceSliceCount: 1 },
        devices: [{
          name: "d",
          attributes: { model: { string: "m" }, count: { int: 1 }, ok: { bool: true }, version: { version: "1.0.0" } },
          capacity: { memory: { value: "1Gi" } },
        }],
      },
    },
  },
];
