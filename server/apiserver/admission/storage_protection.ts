import type { AdmissionPlugin } from "./contract.ts";

/** The finalizers that keep storage while something uses it; the controllers of volume_protection/ take them away. */
export const protectionFinalizers: Readonly<Record<string, string>> = {
  persistentvolumeclaims: "kubernetes.io/pvc-protection",
  persistentvolumes: "kubernetes.io/pv-protection",
};

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: "StorageObjectInUseProtection",
  resources: Object.keys(protectionFinalizers).map((resource) => `/${resource}`),
  mutate({ operation, subresource, row, object }) {
    if (operation !== "CREATE" || subresource !== "") return;
    const { metadata } = object!;
    const finalizer = protectionFinalizers[row.resource]!;
    if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...metadata.finalizers ?? [], finalizer];
  },
};
