import { describe, expect, it } from "vitest";
import type { FieldError } from "../../../api/meta/field.ts";
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
} from "../../../api/types/storage_v1.ts";
import { csiDriverStrategy, csiNodeStrategy, csiStorageCapacityStrategy, volumeAttachmentStrategy } from "./csi.ts";
import { storageClassStrategy } from "./storage.ts";

const metadata = { name: "a" };

function said(errors: readonly FieldError[] = []): string[] {
  return errors.map(String);
}

describe("a VolumeAttachment", () => {
  const csi = { driver: "d", volumeHandle: "h" };
  const attachment = (source: object): VolumeAttachment => ({
    metadata,
    spec: { attacher: "d", nodeName: "n", source },
  });
  const validate = (source: object) => said(volumeAttachmentStrategy.validate!(attachment(source)));

  it("describes a volume without what binds volumes to claims and nodes", () => {
    const inlineVolumeSpec = { csi, accessModes: ["ReadWriteOnce"] };
    expect(validate({ inlineVolumeSpec })).toEqual([]);
    const absent = "Forbidden: may not be specified in the context of inline volumes";
    expect(
      validate({
        inlineVolumeSpec: {
          nfs: { server: "s", path: "/" },
          capacity: { storage: "1Gi" },
          claimRef: {},
          nodeAffinity: {},
          persistentVolumeReclaimPolicy: "Delete",
          storageClassName: "c",
          volumeMode: "Block",
        },
      }),
    ).toEqual([
      `spec.source.inlineVolumeSpec.claimRef: ${absent}`,
      `spec.source.inlineVolumeSpec.capacity: ${absent}`,
      "spec.source.inlineVolumeSpec.csi: Required value: has to be specified in the context of inline volumes",
      "spec.source.inlineVolumeSpec.accessModes: Required value",
      "spec.source.inlineVolumeSpec.persistentVolumeReclaimPolicy: Forbidden: may only be Retain in the context of inline volumes",
      `spec.source.inlineVolumeSpec.nodeAffinity: ${absent}`,
      `spec.source.inlineVolumeSpec.storageClassName: ${absent}`,
      "spec.source.inlineVolumeSpec.volumeMode: Forbidden: may not specify volumeMode other than Filesystem in the " +
      "context of inline volumes",
    ]);
  });

  it("names a volume by a name", () => {
    expect(validate({ persistentVolumeName: "" }).map((text) => text.slice(0, 66))).toEqual([
      "spec.source.persistentVolumeName: Required value: must specify non ",
      'spec.source.persistentVolumeName: Invalid value: "": a lowercase RF',
    ].map((text) => text.slice(0, 66)));
  });

  it("does not change", () => {
    const [old, changed] = [attachment({ persistentVolumeName: "a" }), attachment({ persistentVolumeName: "b" })];
    expect(said(volumeAttachmentStrategy.validateUpdate!(changed, old))).toEqual([
      'spec: Invalid value: {"Attacher":"d","Source":{"PersistentVolumeName":"b","InlineVolumeSpec":null},"NodeName":"n"}: ' +
      "field is immutable",
    ]);
  });
});

describe("a CSIDriver", () => {
  const driver = (spec: object): CSIDriver => ({ metadata: { ...metadata, generation: 1 }, spec });
  const tokenRequests = [{ audience: "a" }];

  it("is told where tokens belong, when its requests for them are new", () => {
    const warn = (spec: object, old?: object) => csiDriverStrategy.warnings!(driver(spec), old && driver(old)).length;
    expect(warn({ tokenRequests })).toBe(1);
    expect(warn({ tokenRequests }, { tokenRequests })).toBe(0);
    expect(warn({ tokenRequests }, {})).toBe(1);
    expect(warn({ tokenRequests, serviceAccountTokenInSecrets: false })).toBe(0);
  });

  it("has a generation from its first change on, and no field of a feature that is off", () => {
    const made = driver({ preventPodSchedulingIfMissing: true });
    csiDriverStrategy.prepareForCreate!(made, { now: 0, warn: () => {} });
    expect(made).toEqual({ metadata, spec: {} });
  });

  it("asks for each audience once", () => {
    const spec = { tokenRequests: [...tokenRequests, { audience: "a", expirationSeconds: 1 }] };
    expect(said(csiDriverStrategy.validate!(driver(spec)))).toEqual([
      'spec.tokenRequests[1].audience: Duplicate value: "a"',
    ]);
  });
});

describe("other kinds of storage.k8s.io", () => {
  it("CSINode: topology keys say something, and drivers stay as they are but for what they can take", () => {
    const node = (driver: object): CSINode => ({
      metadata,
      spec: { drivers: [{ name: "d", nodeID: "n", ...driver }] },
    });
    expect(said(csiNodeStrategy.validate!(node({ topologyKeys: [""] }))).slice(0, 2)).toEqual([
      "spec.drivers[0]: Required value",
      'spec.drivers[0]: Invalid value: "": name part must be non-empty',
    ]);
    const old = node({ topologyKeys: ["zone"] });
    expect(csiNodeStrategy.validateUpdate!(node({ topologyKeys: ["zone"], allocatable: { count: 1 } }), old)).toEqual(
      [],
    );
    expect(said(csiNodeStrategy.validateUpdate!(node({ allocatable: { count: 1 } }), old))).toEqual([
      'spec.drivers: Invalid value: {"Name":"d","NodeID":"n","TopologyKeys":null,"Allocatable":null}: field is immutable',
    ]);
  });

  it("CSIStorageCapacity: its nodes are chosen for good, by labels that have no successor", () => {
    const capacity = (matchLabels: Record<string, string>): CSIStorageCapacity => ({
      metadata,
      storageClassName: "c",
      nodeTopology: { matchLabels },
    });
    const changed = capacity({ b: "1", "beta.kubernetes.io/arch": "2" });
    expect(said(csiStorageCapacityStrategy.validateUpdate!(changed, capacity({ a: "1" })))).toEqual([
      'nodeTopology: Invalid value: {"matchLabels":{"b":"1","beta.kubernetes.io/arch":"2"}}: field is immutable',
    ]);
    expect(csiStorageCapacityStrategy.warnings!(changed)).toEqual([
      'nodeTopology.matchLabels.beta.kubernetes.io/arch: deprecated since v1.14; use "kubernetes.io/arch" instead',
    ]);
  });

  it("StorageClass: topologies are told once, and empty ones as upstream does", () => {
    const storageClass = (...allowedTopologies: object[]): StorageClass => ({
      metadata,
      provisioner: "p",
      allowedTopologies: allowedTopologies as NonNullable<StorageClass["allowedTopologies"]>,
    });
    const term = (key: string, ...values: string[]) => ({ matchLabelExpressions: [{ key, values }] });
    const validate = (...terms: object[]) => said(storageClassStrategy.validate!(storageClass(...terms)));
    const twice = (index: number) => `allowedTopologies[${index}].matchLabelExpressions: Duplicate value: ""`;
    expect(validate(term("a", "x", "y"), term("a", "y", "x"), term("b", "x"))).toEqual([twice(1)]);
    expect(validate({}, term("a", "x"))).toEqual([twice(0), twice(0)]);
    expect(storageClassStrategy.warnings!(storageClass(term("beta.kubernetes.io/os", "x")))).toEqual([
      'allowedTopologies[0].matchLabelExpressions[0].key: deprecated since v1.14; use "kubernetes.io/os" instead',
    ]);
    const parameters = (map?: Record<string, string>) => ({ ...storageClass(), ...map && { parameters: map } });
    expect(said(storageClassStrategy.validateUpdate!(parameters({ b: "1", a: "2" }), parameters()))).toEqual([
      'parameters: Invalid value: {"a":"2","b":"1"}: field is immutable',
    ]);
    expect(said(storageClassStrategy.validateUpdate!(parameters(), parameters({ a: "1" })))).toEqual([
      "parameters: Invalid value: null: field is immutable",
    ]);
  });
});
