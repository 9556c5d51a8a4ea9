import type { PersistentVolume, PersistentVolumeClaim } from "../../../api/types/core_v1.ts";
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from "../../../api/types/storage_v1.ts";
import { age, columns, type ColumnTable, createdAt, name } from "./column.ts";

const accessModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

export const storageColumns: ColumnTable = {
  "/persistentvolumes": columns<PersistentVolume>(
    name,
    { name: "Capacity", cell: (v) => v.spec.capacity?.["storage"] ?? "" },
    { name: "Access Modes", cell: (v) => modes(v.spec.accessModes) },
    { name: "Reclaim Policy", cell: (v) => v.spec.persistentVolumeReclaimPolicy ?? "" },
    { name: "Status", cell: (v) => v.metadata.deletionTimestamp ? "Terminating" : v.status?.phase ?? "" },
    { name: "Claim", cell: ({ spec: { claimRef } }) => claimRef ? `${claimRef.namespace}/${claimRef.name}` : "" },
    { name: "StorageClass", cell: classOf },
    { name: "VolumeAttributesClass", cell: (v) => v.spec.volumeAttributesClassName || "<unset>" },
    { name: "Reason", cell: (v) => v.status?.reason ?? "" },
    age,
    { name: "VolumeMode", wide: true, cell: (v) => v.spec.volumeMode ?? "<unset>" },
  ),
  "/persistentvolumeclaims": columns<PersistentVolumeClaim>(
    name,
    { name: "Status", cell: (c) => c.metadata.deletionTimestamp ? "Terminating" : c.status?.phase ?? "" },
    { name: "Volume", cell: (c) => c.spec.volumeName ?? "" },
    { name: "Capacity", cell: (c) => c.spec.volumeName ? c.status?.capacity?.["storage"] ?? "" : "" },
    { name: "Access Modes", cell: (c) => c.spec.volumeName ? modes(c.status?.accessModes) : "" },
    { name: "StorageClass", cell: classOf },
    { name: "VolumeAttributesClass", cell: (c) => c.spec.volumeAttributesClassName || "<unset>" },
    age,
    { name: "VolumeMode", wide: true, cell: (c) => c.spec.volumeMode ?? "<unset>" },
  ),
  "storage.k8s.io/storageclasses": columns<StorageClass>(
    { name: "Name", cell: storageClassName },
    { name: "Provisioner", cell: (s) => s.provisioner },
    { name: "ReclaimPolicy", cell: (s) => s.reclaimPolicy ?? "Delete" },
    { name: "VolumeBindingMode", cell: (s) => s.volumeBindingMode ?? "Immediate" },
    { name: "AllowVolumeExpansion", cell: (s) => s.allowVolumeExpansion ?? false },
    age,
  ),
  "storage.k8s.io/volumeattachments": columns<VolumeAttachment>(
    name,
    { name: "Attacher", format: "name", cell: (v) => v.spec.attacher },
    { name: "PV", cell: (v) => v.spec.source.persistentVolumeName ?? "" },
    { name: "Node", cell: (v) => v.spec.nodeName },
    { name: "Attached", type: "boolean", cell: (v) => v.status?.attached ?? false },
    age,
  ),
  "storage.k8s.io/csidrivers": columns<CSIDriver>(
    name,
    { name: "AttachRequired", type: "boolean", cell: (d) => d.spec.attachRequired ?? true },
    { name: "PodInfoOnMount", type: "boolean", cell: (d) => d.spec.podInfoOnMount ?? false },
    { name: "StorageCapacity", type: "boolean", cell: (d) => d.spec.storageCapacity ?? false },
    { name: "TokenRequests", cell: (d) => d.spec.tokenRequests?.map((t) => t.audience).join(",") || "<unset>" },
    { name: "RequiresRepublish", type: "boolean", cell: (d) => d.spec.requiresRepublish ?? false },
    { name: "Modes", cell: (d) => d.spec.volumeLifecycleModes?.join(",") || "<none>" },
    age,
  ),
  "storage.k8s.io/csinodes": columns<CSINode>(
    name,
    { name: "Drivers", type: "integer", cell: (n) => n.spec.drivers.length },
    age,
  ),
  "storage.k8s.io/csistoragecapacities": columns<CSIStorageCapacity>(name, createdAt),
  "storage.k8s.io/volumeattributesclasses": columns<VolumeAttributesClass>(
    name,
    { name: "DriverName", cell: (v) => v.driverName },
    age,
  ),
};

function modes(given: readonly string[] | undefined): string {
  return Object.keys(accessModes).filter((mode) => given?.includes(mode)).map((mode) => accessModes[mode]).join(",");
}

/** The annotation is older than the field, and counts. */
function classOf({ metadata, spec }: PersistentVolume | PersistentVolumeClaim): string {
  return metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec.storageClassName ?? "";
}

function storageClassName({ metadata: { name, annotations } }: StorageClass): string {
  const isDefault = annotations?.["storageclass.kubernetes.io/is-default-class"] === "true" ||
    annotations?.["storageclass.beta.kubernetes.io/is-default-class"] === "true";
  return isDefault ? `${name} (default)` : name ?? "";
}
