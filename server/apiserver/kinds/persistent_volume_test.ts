import { describe, expect, it } from "vitest";
import type { FieldError } from "../../../api/meta/field.ts";
import type { PersistentVolume, PersistentVolumeSpec } from "../../../api/types/core_v1.ts";
import { persistentVolumeStrategy as strategy } from "./persistent_volume.ts";

const zone = { key: "zone", operator: "In", values: ["a"] };
const affinity = (...matchExpressions: object[]) => ({ required: { nodeSelectorTerms: [{ matchExpressions }] } });

function volume(spec: object, metadata: object = {}): PersistentVolume {
  const made = { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], ...spec } as PersistentVolumeSpec;
  const object = { metadata: { name: "pv", ...metadata }, spec: made };
  strategy.defaults!(object);
  return object;
}

function said(errors: readonly FieldError[] = []): string[] {
  return errors.map(String);
}

/** A spec, and what is said of it in this order, each as the beginning of a message. */
const refused: readonly (readonly [object, ...string[]])[] = [
  [{}, "spec: Required value: must specify a volume type"],
  [{ hostPath: { path: "", type: "odd" } }, "spec.hostPath.path: Required value"],
  [{ hostPath: { path: "/a/../b", type: "odd" } }, "spec.hostPath.path: Inv", "spec.hostPath.type: Unsupported value"],
  [
    { hostPath: { path: "/." }, persistentVolumeReclaimPolicy: "Recycle" },
    "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle'",
  ],
  [{ gcePersistentDisk: { partition: 256 } }, "spec.persistentDisk.pdName: Req", "spec.persistentDisk.partition: Inv"],
  [
    { awsElasticBlockStore: { volumeID: "v", partition: -1 } },
    "spec.awsElasticBlockStore.partition: Invalid value: -1",
  ],
  [
    { glusterfs: { endpoints: "e", endpointsNamespace: "" } },
    "spec.glusterfs.path: Required",
    'spec.glusterfs.endpointsNamespace: Invalid value: ""',
  ],
  [{ nfs: { server: "s", path: "a" } }, 'spec.nfs.path: Invalid value: "a": must be an absolute path'],
  [{ rbd: { monitors: [] } }, "spec.rbd.monitors: Required", "spec.rbd.image: Required"],
  [
    { quobyte: { registry: "a:1,b", volume: "v" } },
    'spec.quobyte.registry: Invalid value: "a:1,b": must be a host:port',
  ],
  [
    { quobyte: { registry: "a:1", tenant: "t".repeat(65), volume: "v" } },
    "spec.quobyte.tenant: Required value: must be",
  ],
  [{ flocker: {} }, "spec.flocker: Required value: one of"],
  [
    { flocker: { datasetName: "a/b", datasetUUID: "u" } },
    'spec.flocker: Invalid value: "resource"',
    "spec.flocker.datasetN",
  ],
  [
    { fc: { targetWWNs: ["a"], wwids: ["b"] } },
    "spec.fc.targetWWNs: Invalid value",
    "spec.fc.lun: Required value: lun is",
  ],
  [
    { iscsi: { targetPortal: "t", iqn: "odd", lun: 256, chapAuthSession: true, initiatorName: "eui.1" } },
    'spec.iscsi.iqn: Invalid value: "odd": must be valid format',
    "spec.iscsi.lun: Invalid value: 256",
    "spec.iscsi.secretRef: Required value",
    'spec.iscsi.initiatorname: Invalid value: "eui.1": must be valid format',
  ],
  [
    {
      iscsi: {
        targetPortal: "t".repeat(62),
        iqn: "iqn.2001-04.com.example:a",
        lun: 0,
        initiatorName: "naa." + "0".repeat(32),
      },
    },
    `spec.iscsi.targetportal: Invalid value: "${"t".repeat(62)}": Total length`,
  ],
  [
    { cinder: { volumeID: "v", secretRef: {} } },
    "spec.cinder.secretRef.name: Required",
    "spec.cinder.secretRef.namespace: Required",
  ],
  [
    { flexVolume: { driver: "d", options: { "a.K8s.io/b": "c" } } },
    "spec.flexVolume.options[a.K8s.io/b]: Invalid value",
  ],
  [{ azureFile: { secretName: "s", shareName: "s", secretNamespace: "" } }, "spec.azureFile.secretNamespace: Required"],
  [
    { azureDisk: { diskName: "d", diskURI: "https://a", kind: "Managed" } },
    'spec.azureDisk.diskURI: Unsupported value: "https://a": supported values: "/subscriptions/',
  ],
  [
    { azureDisk: { diskName: "d", diskURI: "a", cachingMode: "b" } },
    "spec.azureDisk.cachingMode: Uns",
    "spec.azureDisk.disk",
  ],
  [{ scaleIO: { gateway: "g" } }, "spec.scaleIO.system: Required", "spec.scaleIO.volumeName: Required"],
  [
    { storageos: { volumeName: "A", secretRef: { name: "s" } } },
    "spec.storageos.volumeName: Inv",
    "spec.storageos.secretRef.n",
  ],
  [{ local: { path: "../a" } }, "spec.local.path: Invalid value", "spec.nodeAffinity: Required value: Local volume"],
  [
    { csi: { driver: "-", nodeExpandSecretRef: { name: "A", namespace: "" } } },
    'spec.csi.driver: Invalid value: "-"',
    "spec.csi.volumeHandle: Required value",
    'spec.csi.nodeExpandSecretRef.name: Invalid value: "A"',
    "spec.csi.nodeExpandSecretRef.namespace: Required value",
  ],
  // The first in upstream's order counts; others are too many, but for flexVolume.
  [
    { cephfs: { monitors: ["m"] }, nfs: {}, rbd: {} },
    "spec.nfs.server",
    "spec.nfs.path",
    "spec.nfs.path",
    "spec.rbd: Forb",
    "spec.cephFS: Forbidden",
  ],
  [{ nfs: { server: "s", path: "/" }, flexVolume: { driver: "" } }, "spec.flexVolume.driver: Required value"],
  [
    { nfs: { server: "s", path: "/" }, capacity: { storage: "-1500m", cpu: "1" } },
    'spec.capacity: Unsupported value: {"cpu":"1","storage":"-1500m"}: supported values: "storage"',
    "spec.capacity[storage]: Invalid value: -2: must be a valid resource quantity",
    'spec.capacity[storage]: Invalid value: "-1500m": must be greater than zero',
  ],
  [
    { nfs: { server: "s", path: "/" }, accessModes: ["ReadWriteOncePod", "ReadWriteMany"], nodeAffinity: {} },
    "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes",
    "spec.nodeAffinity.required: Required value: must specify required node constraints",
  ],
  [
    { nfs: { server: "s", path: "/" }, volumeAttributesClassName: "", storageClassName: "A" },
    'spec.storageClassName: Invalid value: "A"',
    "spec.volumeAttributesClassName: Required value: an empty string is disallowed",
    "spec.csi: Required value: has to be specified when using volumeAttributesClassName",
  ],
];

const accepted: readonly object[] = [
  { hostPath: { path: "/" }, persistentVolumeReclaimPolicy: "Delete" },
  { iscsi: { targetPortal: "t", iqn: "iqn.2001-04.com.example:storage.disk1", lun: 0 } },
  { quobyte: { registry: "[::1]:1,host:2", volume: "v" } },
  { azureDisk: { diskName: "d", diskURI: "https://a.blob.core.windows.net/b/c.vhd" } },
  { local: { path: "/data" }, nodeAffinity: affinity(zone) },
  { fc: { wwids: ["a"] } },
];

describe("a PersistentVolume", () => {
  for (const [spec, ...begins] of refused) {
    it(`refused: ${JSON.stringify(spec).slice(0, 100)}`, () => {
      const texts = said(strategy.validate!(volume(spec)));
      expect(texts.map((text, index) => text.slice(0, begins[index]?.length))).toEqual(begins);
    });
  }
  for (const spec of accepted) {
    it(`accepted: ${JSON.stringify(spec)}`, () => expect(said(strategy.validate!(volume(spec)))).toEqual([]));
  }

  const mounted = { "volume.beta.kubernetes.io/mount-options": "ro" };
  it("has options for mounting in an annotation only where its type takes them", () => {
    const local = { local: { path: "/data" }, nodeAffinity: affinity(zone) };
    expect(said(strategy.validate!(volume(local, { annotations: mounted })))).toEqual([
      "metadata.annotations.volume.beta.kubernetes.io/mount-options: Forbidden: may not specify mount options for this " +
      "volume type",
    ]);
    expect(strategy.validate!(volume({ nfs: { server: "s", path: "/" } }, { annotations: mounted }))).toEqual([]);
  });

  it("tells what is deprecated", () => {
    const spec = {
      storageos: { volumeName: "v" },
      persistentVolumeReclaimPolicy: "Recycle",
      nodeAffinity: affinity({ ...zone, key: "beta.kubernetes.io/os" }),
    };
    expect(strategy.warnings!(volume(spec, { annotations: mounted }))).toEqual([
      "metadata.annotations[volume.beta.kubernetes.io/mount-options]: deprecated since v1.31; use " +
      '"mountOptions" attribute instead',
      "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is " +
      "to use dynamic provisioning.",
      "spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/os is deprecated since " +
      'v1.14; use "kubernetes.io/os" instead',
      "spec.storageOS: deprecated in v1.22, non-functional in v1.25+",
    ]);
  });

  const nfs = { nfs: { server: "s", path: "/" } };
  const csi = { driver: "d", volumeHandle: "h" };
  const secret = { name: "s", namespace: "n" };
  const updates: readonly (readonly [string, object, object, ...string[]])[] = [
    ["its source stays", nfs, { nfs: { server: "t", path: "/" } }, "spec.persistentvolumesource: Forbidden: spec.pers"],
    ["a secret may be added", { csi }, { csi: { ...csi, controllerExpandSecretRef: secret } }],
    [
      "but not changed",
      { csi: { ...csi, controllerExpandSecretRef: secret } },
      { csi },
      "spec.persistentvolumesource: F",
    ],
    ["nodes may be named", nfs, { ...nfs, nodeAffinity: affinity(zone) }],
    [
      "and stay",
      { ...nfs, nodeAffinity: affinity(zone) },
      { ...nfs, nodeAffinity: affinity({ ...zone, values: ["b"] }) },
      'nodeAffinity: Invalid value: {"Required":{"NodeSelectorTerms":[{"MatchExpressions":[{"Key":"zone","Operator":"In",' +
      '"Values":["b"]}],"MatchFields":null}]}}: field is immutable, except for updating from beta label to GA',
    ],
    [
      "but for labels with a successor",
      { ...nfs, nodeAffinity: affinity({ ...zone, key: "failure-domain.beta.kubernetes.io/zone" }) },
      { ...nfs, nodeAffinity: affinity({ ...zone, key: "topology.kubernetes.io/zone" }) },
    ],
    ["faults are told twice", nfs, { ...nfs, storageClassName: "A" }, 'spec.storageClassName: Invalid value: "A"'],
  ];
  for (const [name, before, after, ...begins] of updates) {
    it(`on an update: ${name}`, () => {
      const texts = said(strategy.validateUpdate!(volume(after), volume(before)));
      expect(texts.map((text, index) => text.slice(0, begins[index]?.length))).toEqual(begins);
    });
  }

  it("notes when its phase changed, unless the writer does", () => {
    const [first, now] = ["2026-01-01T00:00:00Z", Date.parse("2026-01-02T00:00:00Z")];
    const old = { ...volume(nfs), status: { phase: "Pending", lastPhaseTransitionTime: first } };
    const time = (status: object) => {
      const changed = { ...volume(nfs), status };
      strategy.prepareForStatusUpdate!(changed, old, now);
      return (changed.status as { lastPhaseTransitionTime?: string }).lastPhaseTransitionTime;
    };
    expect(time({ phase: "Available" })).toBe("2026-01-02T00:00:00Z");
    expect(time({ phase: "Available", lastPhaseTransitionTime: first })).toBe("2026-01-02T00:00:00Z");
    expect(time({ phase: "Available", lastPhaseTransitionTime: "2025-01-01T00:00:00Z" })).toBe("2025-01-01T00:00:00Z");
    expect(time({ phase: "Pending", message: "m" })).toBe(first);
  });
});
