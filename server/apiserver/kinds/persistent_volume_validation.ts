import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkDns1123Subdomain } from "../../../api/meta/names.ts";
import { goMap } from "../../../api/schema/go_value.ts";
import type { PersistentVolumeSpec, VolumeNodeAffinity } from "../../../api/types/core_v1.ts";
import { checkText, quantityAt, requireOneOf } from "./checks.ts";
import { accessModes, requireAccessModesAlone, volumeModes } from "./persistent_volume_claim.ts";
import { validatePersistentSource } from "./persistent_volume_sources.ts";
import { validateNodeSelector } from "./scheduling_validation.ts";

const reclaimPolicies = ["Delete", "Recycle", "Retain"];

/** A PersistentVolume's spec. `name` is the volume's. */
export function validatePersistentVolume(
  spec: PersistentVolumeSpec,
  name: string,
  path: Path,
  errors: FieldError[],
): void {
  validateAccessModes(spec, path, errors);
  validateCapacity(spec.capacity, path.child("capacity"), errors);
  const policy = path.child("persistentVolumeReclaimPolicy");
  requireOneOf(spec.persistentVolumeReclaimPolicy, policy, reclaimPolicies, errors);
  if (spec.nodeAffinity) validateNodeAffinity(spec.nodeAffinity, path.child("nodeAffinity"), errors);
  validateSource(spec, name, path, errors);
  if (spec.storageClassName) {
    checkText(spec.storageClassName, path.child("storageClassName"), checkDns1123Subdomain, errors);
  }
  requireOneOf(spec.volumeMode, path.child("volumeMode"), volumeModes, errors);
  validateAttributesClass(spec, path, errors);
}

/** A volume that stands in a VolumeAttachment itself: what would bind it to claims and nodes is not said there. */
export function validateInlineVolume(spec: PersistentVolumeSpec, path: Path, errors: FieldError[]): void {
  const forbid = (field: keyof PersistentVolumeSpec, detail: string) =>
    errors.push(FieldError.forbidden(path.child(field), detail));
  const absent = "may not be specified in the context of inline volumes";
  if (spec.claimRef) forbid("claimRef", absent);
  if (Object.keys(spec.capacity ?? {}).length > 0) forbid("capacity", absent);
  if (!spec.csi) {
    errors.push(FieldError.required(path.child("csi"), "has to be specified in the context of inline volumes"));
  }
  validateAccessModes(spec, path, errors);
  if ((spec.persistentVolumeReclaimPolicy ?? "Retain") !== "Retain") {
    forbid("persistentVolumeReclaimPolicy", "may only be Retain in the context of inline volumes");
  }
  if (spec.nodeAffinity) forbid("nodeAffinity", absent);
  validateSource(spec, "", path, errors);
  if (spec.storageClassName) forbid("storageClassName", absent);
  if ((spec.volumeMode ?? "Filesystem") !== "Filesystem") {
    forbid("volumeMode", "may not specify volumeMode other than Filesystem in the context of inline volumes");
  }
}

function validateAccessModes(
  { accessModes: modes = [] }: PersistentVolumeSpec,
  path: Path,
  errors: FieldError[],
): void {
  const at = path.child("accessModes");
  if (modes.length === 0) errors.push(FieldError.required(at));
  for (const mode of modes) requireOneOf(mode, at, accessModes, errors);
  requireAccessModesAlone(modes, at, errors);
}

/** `storage` and nothing else. */
function validateCapacity(
  capacity: Readonly<Record<string, string>> | undefined,
  path: Path,
  errors: FieldError[],
): void {
  const names = Object.keys(capacity ?? {});
  if (names.length === 0) errors.push(FieldError.required(path));
  if (names.length !== 1 || names[0] !== "storage") {
    errors.push(FieldError.notSupported(path, goMap(capacity), ["storage"]));
  }
  for (const name of names) {
    const quantity = quantityAt(capacity![name]!, path.key(name), errors);
    if (!quantity) continue;
    if (quantity.value() < 0) {
      errors.push(FieldError.invalid(path.key(name), quantity.value(), "must be a valid resource quantity"));
    }
    if (quantity.sign() <= 0) {
      errors.push(FieldError.invalid(path.key(name), String(quantity), "must be greater than zero"));
    }
  }
}

function validateNodeAffinity({ required }: VolumeNodeAffinity, path: Path, errors: FieldError[]): void {
  const at = path.child("required");
  if (required) validateNodeSelector(required, at, errors);
  else errors.push(FieldError.required(at, "must specify required node constraints"));
}

function validateSource(spec: PersistentVolumeSpec, name: string, path: Path, errors: FieldError[]): void {
  validatePersistentSource(spec, name, path, errors);
  if (isRoot(spec.hostPath?.path) && spec.persistentVolumeReclaimPolicy === "Recycle") {
    const detail = "may not be 'recycle' for a hostPath mount of '/'";
    errors.push(FieldError.forbidden(path.child("persistentVolumeReclaimPolicy"), detail));
  }
}

function isRoot(path = ""): boolean {
  return path.startsWith("/") && path.split("/").every((part) => part === "" || part === ".");
}

function validateAttributesClass(spec: PersistentVolumeSpec, path: Path, errors: FieldError[]): void {
  const { volumeAttributesClassName: name } = spec;
  if (name === undefined) return;
  const at = path.child("volumeAttributesClassName");
  if (name === "") errors.push(FieldError.required(at, "an empty string is disallowed"));
  else checkText(name, at, checkDns1123Subdomain, errors);
  if (!spec.csi) {
    errors.push(FieldError.required(path.child("csi"), "has to be specified when using volumeAttributesClassName"));
  }
}
