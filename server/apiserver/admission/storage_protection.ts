import type { AdmissionPlugin } from "./contract.ts";

/** The finalizers that keep storage while something uses it, by `group/resource`; the controllers of volume_protection/ take them away. */
export const protectionFinalizers = {
  "/persistentvolumeclaims": "kubernetes.io/pvc-protection",
  "/persistentvolumes": "kubernetes.io/pv-protection",
  "storage.k8s.io/volumeattributesclasses": "kubernetes.io/vac-protection",
} as const;

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: "StorageObjectInUseProtection",
  resources: Object.keys(protectionFinalizers),
  mutate({ operation, subresource, row, object }) {
    if (operation !== "CREATE" || subresource !== "") return;
    const { metadata } = object!;
    const finalizer = protectionFinalizers[`${row.group}/${row.resource}` as keyof typeof protectionFinalizers];
    if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...metadata.finalizers ?? [], finalizer];
  },
};
