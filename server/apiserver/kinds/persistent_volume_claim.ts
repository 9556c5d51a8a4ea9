import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, type Path } from "../../../api/meta/field.ts";
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from "../../../api/types/core_v1.ts";
import { labelSelectorAt, quantityAt, requireOneOf } from "./checks.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

export const accessModes = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];
export const volumeModes = ["Block", "Filesystem"];

export const persistentVolumeClaimStrategy: Strategy<PersistentVolumeClaim> = {
  defaults: defaultClaim,
  prepareForCreate(claim) {
    claim.status = { phase: "Pending" };
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    validateClaimSpec(spec, specPath, errors);
    return errors;
  },
  validateUpdate({ spec }, { spec: before }) {
    // Binding fills in the volume, a request may grow, and a class may be given to a claim that had none.
    const masked: PersistentVolumeClaimSpec = { ...spec };
    if (!before.volumeName) Object.assign(masked, { volumeName: before.volumeName });
    if (before.storageClassName === undefined) Object.assign(masked, { storageClassName: undefined });
    Object.assign(masked, { resources: before.resources, volumeAttributesClassName: before.volumeAttributesClassName });
    if (deepEqual(masked, before)) return [];
    const detail =
      "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
    return [FieldError.forbidden(specPath, detail)];
  },
};

export function defaultClaim({ spec }: PersistentVolumeClaim): void {
  spec.volumeMode ??= "Filesystem";
}

export function validateClaimSpec(spec: PersistentVolumeClaimSpec, path: Path, errors: FieldError[]): void {
  const modes = spec.accessModes ?? [];
  if (modes.length === 0) {
    errors.push(FieldError.required(path.child("accessModes"), "at least 1 access mode is required"));
  }
  for (const mode of modes) requireOneOf(mode, path.child("accessModes"), accessModes, errors);
  requireOneOf(spec.volumeMode, path.child("volumeMode"), volumeModes, errors);
  labelSelectorAt(spec.selector, path.child("selector"), errors);
  const at = path.child("resources").key("storage");
  const storage = spec.resources?.requests?.storage;
  if (storage === undefined) errors.push(FieldError.required(at));
  else {
    const quantity = quantityAt(storage, at, errors);
    if (quantity && quantity.sign() <= 0) errors.push(FieldError.invalid(at, storage, "must be greater than zero"));
  }
}
