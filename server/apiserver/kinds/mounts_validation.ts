/** Where a container finds the Pod's volumes. */
import { FieldError, type Path } from "../../../api/meta/field.ts";
import type { Container, Volume, VolumeDevice, VolumeMount } from "../../../api/types/core_v1.ts";
import { requireOneOf, requireText } from "./checks.ts";
import { validateLocalPath } from "./local_path.ts";

type Volumes = ReadonlyMap<string, Volume>;

/** `volumes` are the Pod's valid ones. Some paths are the list's, as upstream's. */
export function validateMounts(
  { volumeMounts = [], volumeDevices = [], securityContext }: Container,
  path: Path,
  volumes: Volumes,
  errors: FieldError[],
): void {
  const places = new Set<string>();
  for (const [index, mount] of volumeMounts.entries()) {
    const at = path.index(index);
    const { name = "", mountPath = "" } = mount;
    const invalid = (field: "name" | "mountPath" | "subPathExpr", detail: string) =>
      errors.push(FieldError.invalid(at.child(field), mount[field] ?? "", detail));
    requireText(name, at.child("name"), errors);
    if (!volumes.has(name)) errors.push(FieldError.notFound(at.child("name"), name));
    requireText(mountPath, at.child("mountPath"), errors);
    if (places.has(mountPath)) invalid("mountPath", "must be unique");
    places.add(mountPath);
    if (volumeDevices.some((device) => device.name === name)) {
      invalid("name", "must not already exist in volumeDevices");
    }
    if (volumeDevices.some(({ devicePath }) => devicePath === mountPath)) {
      invalid("mountPath", "must not already exist as a path in volumeDevices");
    }
    if (mount.subPath && mount.subPathExpr) invalid("subPathExpr", "subPathExpr and subPath are mutually exclusive");
    for (const field of ["subPath", "subPathExpr"] as const) {
      if (mount[field]) validateLocalPath(mount[field], path.child(field), errors);
    }
    validatePropagation(mount, securityContext?.privileged ?? false, path.child("mountPropagation"), errors);
    validateReadOnly(mount, path.child("recursiveReadOnly"), errors);
  }
}

const propagations = ["Bidirectional", "HostToContainer", "None"];

function validatePropagation(
  { mountPropagation }: VolumeMount,
  isPrivileged: boolean,
  path: Path,
  errors: FieldError[],
): void {
  requireOneOf(mountPropagation, path, propagations, errors);
  if (mountPropagation === "Bidirectional" && !isPrivileged) {
    const detail = "Bidirectional mount propagation is available only to privileged containers";
    errors.push(FieldError.forbidden(path, detail));
  }
}

/** Whether what is mounted below is read-only, too. */
function validateReadOnly(mount: VolumeMount, path: Path, errors: FieldError[]): void {
  const { recursiveReadOnly, readOnly, mountPropagation = "None" } = mount;
  requireOneOf(recursiveReadOnly, path, ["Disabled", "Enabled", "IfPossible"], errors);
  if (recursiveReadOnly !== "Enabled" && recursiveReadOnly !== "IfPossible") return;
  if (!readOnly) errors.push(FieldError.forbidden(path, "may only be specified when readOnly is true"));
  if (mountPropagation !== "None") {
    const detail = "may only be specified when mountPropagation is None or not specified";
    errors.push(FieldError.forbidden(path, detail));
  }
}

/** Block devices: only a claim's volume may be one. */
export function validateDevices(
  { volumeDevices = [], volumeMounts = [] }: { volumeDevices?: VolumeDevice[]; volumeMounts?: VolumeMount[] },
  path: Path,
  volumes: Volumes,
  errors: FieldError[],
): void {
  const [names, places] = [new Set<string>(), new Set<string>()];
  for (const [index, { name = "", devicePath = "" }] of volumeDevices.entries()) {
    const at = path.index(index);
    const invalidName = (detail: string) => errors.push(FieldError.invalid(at.child("name"), name, detail));
    const invalidPath = (detail: string) => errors.push(FieldError.invalid(at.child("devicePath"), devicePath, detail));
    const volume = volumes.get(name);
    requireText(name, at.child("name"), errors);
    if (names.has(name)) invalidName("must be unique");
    if (!volume) errors.push(FieldError.notFound(at.child("name"), name));
    else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
      invalidName("can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
    }
    requireText(devicePath, at.child("devicePath"), errors);
    if (places.has(devicePath)) invalidPath("must be unique");
    if (devicePath.split("/").includes("..")) invalidPath("can not contain backsteps ('..')");
    else places.add(devicePath);
    if (volumeMounts.some((mount) => mount.name === name)) invalidName("must not already exist in volumeMounts");
    if (volumeMounts.some(({ mountPath }) => mountPath === devicePath)) {
      invalidPath("must not already exist as a path in volumeMounts");
    }
    if (name) names.add(name);
  }
}
