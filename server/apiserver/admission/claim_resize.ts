import { Quantity } from "../../../api/meta/quantity.ts";
import { storageclasses } from "../../../api/resources.ts";
import type { PersistentVolumeClaim } from "../../../api/types/core_v1.ts";
import type { AdmissionPlugin } from "./contract.ts";
import { refuse } from "./refuse.ts";

const classAnnotation = "volume.beta.kubernetes.io/storage-class";

/** Lets a claim grow only when it is bound and its storage class can make volumes larger. */
export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: "PersistentVolumeClaimResize",
  resources: ["/persistentvolumeclaims"],
  validate(request, { lookup }) {
    if (request.operation !== "UPDATE" || request.subresource !== "") return;
    const [claim, before] = [request.object as PersistentVolumeClaim, request.old as PersistentVolumeClaim];
    if (sizeOf(claim).compare(sizeOf(before)) <= 0) return;
    if (before.status?.phase !== "Bound") {
      throw refuse(request, "Only bound persistent volume claims can be expanded");
    }
    const className = classOf(claim);
    const found = className && className === classOf(before) ? lookup.find(storageclasses, "", className) : undefined;
    if (!found?.allowVolumeExpansion) {
      const detail =
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize";
      throw refuse(request, detail);
    }
  },
};

function sizeOf({ spec }: PersistentVolumeClaim): Quantity {
  return Quantity.parse(spec.resources?.requests?.storage ?? 0);
}

function classOf({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.[classAnnotation] ?? spec.storageClassName ?? "";
}
