import type { Specimen } from "./specimen.ts";

const app = { app: "a" };

/** A volume of every other type that needs more than a name. */
const sources: readonly object[] = [
  { gcePersistentDisk: { pdName: "d", fsType: "ext4", partition: 1, readOnly: true } },
  { awsElasticBlockStore: { volumeID: "v", partition: 1 } },
  { glusterfs: { endpoints: "e", path: "p", endpointsNamespace: "diff" } },
  { rbd: { monitors: ["m"], image: "i" } },
  {
    iscsi: {
      targetPortal: "10.0.0.1:3260",
      iqn: "iqn.2001-04.com.example:storage.disk1",
      lun: 1,
      chapAuthSession: true,
      secretRef: { name: "s", namespace: "diff" },
      initiatorName: "iqn.2001-04.com.example:a",
    },
  },
  { cinder: { volumeID: "v", secretRef: { name: "s", namespace: "diff" } } },
  { cephfs: { monitors: ["m"], path: "/", user: "u" } },
  { fc: { targetWWNs: ["50060e801049cfd1"], lun: 0 } },
  { flocker: { datasetName: "d" } },
  { flexVolume: { driver: "example.com/d", options: { a: "b", "example.com/a": "b" } } },
  { azureFile: { secretName: "s", shareName: "s", secretNamespace: "diff" } },
  { vsphereVolume: { volumePath: "p" } },
  { quobyte: { registry: "a:1,b:2", volume: "v", tenant: "t" } },
  { azureDisk: { diskName: "d", diskURI: "https://a.blob.core.windows.net/b/c.vhd", kind: "Dedicated" } },
  { photonPersistentDisk: { pdID: "p" } },
  { portworxVolume: { volumeID: "v" } },
  { scaleIO: { gateway: "g", system: "s", volumeName: "v", secretRef: { name: "s" } } },
  { storageos: { volumeName: "v", volumeNamespace: "n", secretRef: { name: "s", namespace: "diff" } } },
];

const device = { driver: "d.example.com", pool: "p", device: "d" };
const shareID = "123e4567-e89b-12d3-a456-426614174000";
const zones = {
  nodeSelectorTerms: [{ matchExpressions: [{ key: "topology.kubernetes.io/zone", operator: "In", values: ["a"] }] }],
};

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
          required: {
            nodeSelectorTerms: [{
              matchExpressions: [{ key: "beta.kubernetes.io/arch", operator: "In", values: ["a"] }],
            }],
          },
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
  ...sources.map((source) => ({
    of: "/persistentvolumes",
    object: { spec: { capacity: { storage: "2Gi" }, accessModes: ["ReadWriteOnce"], ...source } },
  })),
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
    of: "storage.k8s.io/csidrivers",
    object: { spec: { tokenRequests: [{ audience: "" }, { audience: "b" }], serviceAccountTokenInSecrets: true } },
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
      nodeTopology: { matchLabels: { "beta.kubernetes.io/os": "linux" } },
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
      allowedTopologies: [{
        matchLabelExpressions: [{ key: "failure-domain.beta.kubernetes.io/zone", values: ["a", "b"] }],
      }],
    },
  },
  {
    of: "storage.k8s.io/volumeattachments",
    object: { spec: { attacher: "driver.example.com", nodeName: "n", source: { persistentVolumeName: "pv" } } },
    status: { attached: true, attachmentMetadata: { a: "b" }, attachError: { message: "m" } },
  },
  {
    of: "storage.k8s.io/volumeattachments",
    object: {
      spec: {
        attacher: "driver.example.com",
        nodeName: "n",
        source: {
          inlineVolumeSpec: {
            accessModes: ["ReadWriteOnce"],
            csi: { driver: "driver.example.com", volumeHandle: "h" },
          },
        },
      },
    },
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
  {
    of: "resource.k8s.io/resourceclaims",
    object: {
      spec: {
        devices: {
          requests: [{
            name: "r",
            exactly: {
              deviceClassName: "c",
              allocationMode: "All",
              tolerations: [{ key: "a", operator: "Equal", value: "b", effect: "NoExecute", tolerationSeconds: 5 }],
              capacity: { requests: { memory: "1Gi" } },
            },
          }, {
            name: "f",
            firstAvailable: [{
              name: "a",
              deviceClassName: "c",
              selectors: [{ cel: { expression: 'device.attributes["d.example.com"].model == "m"' } }],
              tolerations: [{ operator: "Exists" }],
              count: 3,
            }],
          }],
          constraints: [{ requests: ["r", "f/a"], distinctAttribute: "d.example.com/numa" }],
          config: [{ requests: ["f/a"], opaque: { driver: "d.example.com", parameters: { a: "b" } } }],
        },
      },
    },
    status: {
      allocation: {
        devices: {
          results: [
            { request: "r", ...device, shareID, consumedCapacity: { memory: "1Gi" } },
            {
              request: "f/a",
              ...device,
              device: "e",
              bindingConditions: ["ok"],
              bindingFailureConditions: ["failed"],
              tolerations: [{ key: "a" }],
            },
          ],
          config: [{ source: "FromClass", requests: ["r"], opaque: { driver: "d.example.com", parameters: {} } }],
        },
        nodeSelector: zones,
      },
      reservedFor: [{ apiGroup: "example.com", resource: "jobs", name: "p", uid: "u" }],
      devices: [{
        ...device,
        shareID,
        data: { a: "b" },
        networkData: { interfaceName: "eth0", ips: ["10.0.0.1/8", "fd00::1/64"], hardwareAddress: "ea:9f:cb:40:b1:7b" },
      }],
    },
  },
  {
    of: "resource.k8s.io/resourceslices",
    object: {
      spec: {
        driver: "d.example.com",
        nodeSelector: zones,
        pool: { name: "example.com/p", generation: 0, resourceSliceCount: 2 },
        sharedCounters: [{ name: "s", counters: { memory: { value: "1Gi" } } }],
      },
    },
  },
  {
    of: "resource.k8s.io/resourceslices",
    object: {
      spec: {
        driver: "d.example.com",
        perDeviceNodeSelection: true,
        pool: { name: "p", generation: 0, resourceSliceCount: 2 },
        devices: [
          {
            name: "d",
            nodeName: "n",
            bindsToNode: true,
            bindingConditions: ["ok"],
            bindingFailureConditions: ["failed"],
            taints: [{ key: "a", value: "b", effect: "NoSchedule", timeAdded: "2026-01-02T03:04:05Z" }],
            consumesCounters: [{ counterSet: "s", counters: { memory: { value: "1Gi" } } }],
            allowMultipleAllocations: true,
            attributes: { "e.example.com/model": { string: "m" } },
            capacity: {
              memory: {
                value: "10Gi",
                requestPolicy: { default: "1Gi", validRange: { min: "1Gi", max: "9Gi", step: "1Gi" } },
              },
              "e.example.com/cores": { value: "4", requestPolicy: { default: "1", validValues: ["1", "2"] } },
            },
          },
          { name: "e", allNodes: true },
          { name: "f", nodeSelector: zones },
        ],
      },
    },
  },
];
