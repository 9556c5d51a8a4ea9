import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkDns1123Label } from "../../../api/meta/names.ts";
import type { DownwardAPIVolumeFile, KeyToPath, Volume, VolumeProjection } from "../../../api/types/core_v1.ts";
import { checkText, quantityAt, requireOneOf, requireText, requireUnique } from "./checks.ts";
import { isFieldPath } from "./container_validation.ts";
import { validateLocalPath } from "./local_path.ts";
import { validateClaimSpec } from "./persistent_volume_claim.ts";

const maxMode = 0o777;
const minTokenSeconds = 600;
const hostPathTypes = [
  "",
  "BlockDevice",
  "CharDevice",
  "Directory",
  "DirectoryOrCreate",
  "File",
  "FileOrCreate",
  "Socket",
];
/** Fields of the Pod that do not change while it runs, or whose change a file can show. */
const fileFields: ReadonlySet<string> = new Set([
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "metadata.labels",
  "metadata.annotations",
]);

export function validateVolumes(volumes: readonly Volume[], path: Path, errors: FieldError[]): void {
  requireUnique(volumes.map(({ name }, index) => [name ?? "", path.index(index).child("name")] as const), errors);
  for (const [index, volume] of volumes.entries()) {
    const at = path.index(index);
    if (requireText(volume.name, at.child("name"), errors)) {
      checkText(volume.name, at.child("name"), checkDns1123Label, errors);
    }
    validateSource(volume, at, errors);
  }
}

/** The first of them counts, the others are too many. */
const sourceOrder = [
  "emptyDir",
  "hostPath",
  "gitRepo",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "secret",
  "nfs",
  "iscsi",
  "glusterfs",
  "flocker",
  "persistentVolumeClaim",
  "rbd",
  "cinder",
  "cephfs",
  "quobyte",
  "downwardAPI",
  "fc",
  "flexVolume",
  "configMap",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "storageos",
  "projected",
  "scaleIO",
  "csi",
  "ephemeral",
  "image",
] as const;

/** Upstream's names for these, which are no fields. */
const oddNames: Readonly<Record<string, string>> = { cephfs: "cephFS", downwardAPI: "downwarAPI" };

function validateSource(volume: Volume, path: Path, errors: FieldError[]): void {
  const [first, ...more] = sourceOrder.filter((source) => volume[source] !== undefined);
  if (first === undefined) {
    errors.push(FieldError.required(path, "must specify a volume type"));
    return;
  }
  for (const source of more) {
    const at = path.child(oddNames[source] ?? source);
    errors.push(FieldError.forbidden(at, "may not specify more than 1 volume type"));
  }
  const only: Volume = { name: volume.name, [first]: volume[first] };
  const { emptyDir, hostPath, configMap, secret, downwardAPI, projected, persistentVolumeClaim, nfs, ephemeral } = only;
  if (emptyDir?.sizeLimit !== undefined) {
    const at = path.child("emptyDir", "sizeLimit");
    const limit = quantityAt(emptyDir.sizeLimit, at, errors);
    if (limit && limit.sign() < 0) {
      errors.push(FieldError.forbidden(at, "SizeLimit field must be a valid resource quantity"));
    }
  }
  if (hostPath) {
    const at = path.child("hostPath");
    if (requireText(hostPath.path, at.child("path"), errors) && hostPath.path.split("/").includes("..")) {
      errors.push(FieldError.invalid(at.child("path"), hostPath.path, "must not contain '..'"));
    }
    requireOneOf(hostPath.type, at.child("type"), hostPathTypes, errors);
  }
  if (configMap) {
    requireText(configMap.name, path.child("configMap", "name"), errors);
    validateItems(configMap, path.child("configMap"), errors);
  }
  if (secret) {
    requireText(secret.secretName, path.child("secret", "secretName"), errors);
    validateItems(secret, path.child("secret"), errors);
  }
  if (downwardAPI) validateDownward(downwardAPI, path.child("downwardAPI"), errors);
  if (projected) {
    validateMode(projected.defaultMode, path.child("projected", "defaultMode"), errors);
    for (const [index, source] of (projected.sources ?? []).entries()) {
      validateProjection(source, path.child("projected", "sources").index(index), errors);
    }
  }
  if (persistentVolumeClaim) {
    requireText(persistentVolumeClaim.claimName, path.child("persistentVolumeClaim", "claimName"), errors);
  }
  if (ephemeral) {
    const at = path.child("ephemeral", "volumeClaimTemplate");
    if (ephemeral.volumeClaimTemplate) validateClaimSpec(ephemeral.volumeClaimTemplate.spec, at.child("spec"), errors);
    else errors.push(FieldError.required(at));
  }
  if (nfs) {
    requireText(nfs.server, path.child("nfs", "server"), errors);
    requireText(nfs.path, path.child("nfs", "path"), errors);
  }
}

function validateMode(mode: number | undefined, path: Path, errors: FieldError[]): void {
  if (mode !== undefined && (mode < 0 || mode > maxMode)) {
    errors.push(FieldError.invalid(path, mode, "must be a number between 0 and 0777 (octal), both inclusive"));
  }
}

function validateItems(
  { items = [], defaultMode }: { items?: KeyToPath[]; defaultMode?: number },
  path: Path,
  errors: FieldError[],
): void {
  validateMode(defaultMode, path.child("defaultMode"), errors);
  for (const [index, item] of items.entries()) {
    const at = path.child("items").index(index);
    requireText(item.key, at.child("key"), errors);
    if (requireText(item.path, at.child("path"), errors)) validateLocalPath(item.path, at.child("path"), errors);
    validateMode(item.mode, at.child("mode"), errors);
  }
}

function validateDownward(
  { items = [], defaultMode }: { items?: DownwardAPIVolumeFile[]; defaultMode?: number },
  path: Path,
  errors: FieldError[],
): void {
  validateMode(defaultMode, path.child("defaultMode"), errors);
  for (const [index, { path: file, fieldRef, resourceFieldRef, mode }] of items.entries()) {
    const at = path.child("items").index(index);
    if (requireText(file, at.child("path"), errors)) validateLocalPath(file, at.child("path"), errors);
    validateMode(mode, at.child("mode"), errors);
    if (fieldRef && resourceFieldRef) {
      errors.push(
        FieldError.invalid(at, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"),
      );
    } else if (fieldRef) {
      if (!isFieldPath(fieldRef.fieldPath ?? "", fileFields)) {
        errors.push(
          FieldError.notSupported(at.child("fieldRef", "fieldPath"), fieldRef.fieldPath ?? "", [...fileFields]),
        );
      }
    } else if (resourceFieldRef) {
      requireText(resourceFieldRef.containerName, at.child("resourceFieldRef", "containerName"), errors);
      requireText(resourceFieldRef.resource, at.child("resourceFieldRef", "resource"), errors);
    } else errors.push(FieldError.required(at, "one of fieldRef and resourceFieldRef is required"));
  }
}

function validateProjection(source: VolumeProjection, path: Path, errors: FieldError[]): void {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  const [, ...more] = Object.keys(source);
  for (const name of more) {
    errors.push(FieldError.forbidden(path.child(name), "may not specify more than 1 volume type per source"));
  }
  if (configMap) {
    requireText(configMap.name, path.child("configMap", "name"), errors);
    validateItems(configMap, path.child("configMap"), errors);
  }
  if (secret) {
    requireText(secret.name, path.child("secret", "name"), errors);
    validateItems(secret, path.child("secret"), errors);
  }
  if (downwardAPI) validateDownward(downwardAPI, path.child("downwardAPI"), errors);
  if (!serviceAccountToken) return;
  const at = path.child("serviceAccountToken");
  requireText(serviceAccountToken.path, at.child("path"), errors);
  const seconds = serviceAccountToken.expirationSeconds;
  if (seconds !== undefined && seconds < minTokenSeconds) {
    errors.push(
      FieldError.invalid(at.child("expirationSeconds"), seconds, "may not specify a duration less than 10 minutes"),
    );
  } else if (seconds !== undefined && seconds > 2 ** 32) {
    errors.push(
      FieldError.invalid(at.child("expirationSeconds"), seconds, "may not specify a duration larger than 2^32 seconds"),
    );
  }
}
