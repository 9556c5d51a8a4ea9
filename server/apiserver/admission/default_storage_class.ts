import { storageclasses } from "../../../api/resources.ts";
import type { PersistentVolumeClaim } from "../../../api/types/core_v1.ts";
import type { AdmissionPlugin } from "./contract.ts";
import { newestDefault } from "./newest_default.ts";

const defaultAnnotations = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
];
const classAnnotation = "volume.beta.kubernetes.io/storage-class";

/** Gives claims that name no storage class the cluster's default one. The class `""` is a choice, too: that of none. */
export const defaultStorageClass: AdmissionPlugin = {
  name: "DefaultStorageClass",
  resources: ["/persistentvolumeclaims"],
  mutate({ operation, subresource, object }, { lookup }) {
    if (operation !== "CREATE" || subresource !== "") return;
    const { metadata, spec } = object as PersistentVolumeClaim;
    if (spec.storageClassName !== undefined || metadata.annotations?.[classAnnotation] !== undefined) return;
    const name = newestDefault(lookup.all(storageclasses), defaultAnnotations)?.metadata.name;
    if (name !== undefined) spec.storageClassName = name;
  },
};
