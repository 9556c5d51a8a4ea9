import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, root } from "../../../api/meta/field.ts";
import { formatTime } from "../../../api/meta/time.ts";
import type { PersistentVolume } from "../../../api/types/core_v1.ts";
import { quantityAt, requireOneOf } from "./checks.ts";
import { accessModes, volumeModes } from "./persistent_volume_claim.ts";
import { specPath, validateNodeTerm } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

const recycleWarning = "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the " +
  "recommended approach is to use dynamic provisioning.";
const reclaimPolicies = ["Delete", "Recycle", "Retain"];
/** Fields of the spec that say nothing of where the volume is. */
const common: ReadonlySet<string> = new Set([
  "capacity",
  "accessModes",
  "claimRef",
  "persistentVolumeReclaimPolicy",
  "storageClassName",
  "mountOptions",
  "volumeMode",
  "nodeAffinity",
  "volumeAttributesClassName",
]);

export const persistentVolumeStrategy: Strategy<PersistentVolume> = {
  defaults({ spec }) {
    spec.persistentVolumeReclaimPolicy ??= "Retain";
    spec.volumeMode ??= "Filesystem";
    if (spec.hostPath) spec.hostPath.type ??= "";
  },
  prepareForCreate(volume) {
    const { creationTimestamp: lastPhaseTransitionTime } = volume.metadata;
    volume.status = { phase: "Pending", ...lastPhaseTransitionTime && { lastPhaseTransitionTime } };
  },
  prepareForStatusUpdate(volume, { status: before }, now) {
    const status = volume.status ??= {};
    status.phase ??= "Pending";
    if (status.phase !== before?.phase && status.lastPhaseTransitionTime === before?.lastPhaseTransitionTime) {
      status.lastPhaseTransitionTime = formatTime(now);
    }
  },
  warnings: ({ spec }) => spec.persistentVolumeReclaimPolicy === "Recycle" ? [recycleWarning] : [],
  validate({ spec }) {
    const errors: FieldError[] = [];
    if (!spec.accessModes?.length) errors.push(FieldError.required(specPath.child("accessModes")));
    for (const mode of spec.accessModes ?? []) requireOneOf(mode, specPath.child("accessModes"), accessModes, errors);
    const path = specPath.child("capacity");
    if (spec.capacity?.storage === undefined) errors.push(FieldError.required(path));
    else {
      const storage = quantityAt(spec.capacity.storage, path.key("storage"), errors);
      if (storage && storage.sign() <= 0) {
        errors.push(FieldError.invalid(path.key("storage"), spec.capacity.storage, "must be greater than zero"));
      }
    }
    requireOneOf(
      spec.persistentVolumeReclaimPolicy,
      specPath.child("persistentVolumeReclaimPolicy"),
      reclaimPolicies,
      errors,
    );
    requireOneOf(spec.volumeMode, specPath.child("volumeMode"), volumeModes, errors);
    const [first, ...more] = Object.keys(sourceOf(spec));
    if (first === undefined) errors.push(FieldError.required(specPath, "must specify a volume type"));
    for (const source of more) {
      errors.push(FieldError.forbidden(specPath.child(source), "may not specify more than 1 volume type"));
    }
    for (const [index, term] of (spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).entries()) {
      validateNodeTerm(term, specPath.child("nodeAffinity", "required", "nodeSelectorTerms").index(index), errors);
    }
    if (spec.local && !spec.nodeAffinity?.required) {
      errors.push(FieldError.required(specPath.child("nodeAffinity"), "Local volume requires node affinity"));
    }
    return errors;
  },
  validateUpdate({ spec }, { spec: before }) {
    const errors: FieldError[] = [];
    // A secret for its expansion may still be named.
    const added = before.csi && !before.csi.controllerExpandSecretRef && spec.csi?.controllerExpandSecretRef;
    const { controllerExpandSecretRef: _, ...csi } = spec.csi ?? {};
    const now = sourceOf(added ? { ...spec, csi } : spec);
    if (!deepEqual(now, sourceOf(before))) {
      const at = specPath.child("persistentvolumesource");
      errors.push(FieldError.forbidden(at, "spec.persistentvolumesource is immutable after creation"));
    }
    if (spec.volumeMode !== before.volumeMode) {
      errors.push(FieldError.immutable(root("volumeMode"), spec.volumeMode ?? null));
    }
    if (before.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
      const at = specPath.child("volumeAttributesClassName");
      errors.push(FieldError.forbidden(at, "update from non-nil value to nil is forbidden"));
    }
    return errors;
  },
};

/** Where the volume is. */
function sourceOf(spec: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(spec).filter(([field]) => !common.has(field)));
}
