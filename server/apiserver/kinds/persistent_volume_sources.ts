/** Where a PersistentVolume is: the one of its fields that says so. */
import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkDns1123Label, checkDns1123Subdomain } from "../../../api/meta/names.ts";
import type {
  AzureFilePersistentVolumeSource,
  CinderPersistentVolumeSource,
  CSIPersistentVolumeSource,
  GlusterfsPersistentVolumeSource,
  ISCSIPersistentVolumeSource,
  LocalVolumeSource,
  PersistentVolumeSpec,
  SecretReference,
  StorageOSPersistentVolumeSource,
} from "../../../api/types/core_v1.ts";
import { checkText, requireText } from "./checks.ts";
import * as shared from "./volume_sources.ts";
import { requireNoBacksteps, requires, type SourceCheck } from "./volume_sources.ts";

const maxIscsiName = 64;

/** Every type of volume in upstream's order: the first that is set counts, others are too many. */
const checks = {
  hostPath: shared.checkHostPath,
  gcePersistentDisk: shared.checkGcePersistentDisk,
  awsElasticBlockStore: shared.checkAwsElasticBlockStore,
  glusterfs: checkGlusterfs,
  flocker: shared.checkFlocker,
  nfs: shared.checkNfs,
  rbd: shared.checkRbd,
  quobyte: shared.checkQuobyte,
  cephfs: shared.checkCephfs,
  iscsi: checkIscsi,
  cinder: checkCinder,
  fc: shared.checkFc,
  flexVolume: shared.checkFlexVolume,
  azureFile: checkAzureFile,
  vsphereVolume: shared.checkVsphere,
  photonPersistentDisk: shared.checkPhoton,
  portworxVolume: shared.checkPortworx,
  azureDisk: shared.checkAzureDisk,
  scaleIO: shared.checkScaleIO,
  local: checkLocal,
  storageos: checkStorageOS,
  csi: checkCsi,
} as const;

type SourceName = keyof typeof checks;

const names = Object.keys(checks) as readonly SourceName[];

/** Upstream's names for these in errors, which are no fields: of what is wrong inside, and of one too many. */
const insideNames: Partial<Record<SourceName, string>> = { gcePersistentDisk: "persistentDisk" };
const excessNames: Partial<Record<SourceName, string>> = { cephfs: "cephFS" };

/** The fields that say where the volume is: one, in a valid volume. */
export function sourceOf(spec: PersistentVolumeSpec): Pick<PersistentVolumeSpec, SourceName> {
  return Object.fromEntries(names.filter((name) => spec[name] !== undefined).map((name) => [name, spec[name]]));
}

/** `volume` is the PersistentVolume's name, empty for one that stands in a VolumeAttachment. */
export function validatePersistentSource(
  spec: PersistentVolumeSpec,
  volume: string,
  path: Path,
  errors: FieldError[],
): void {
  const [first, ...more] = names.filter((name) => spec[name] !== undefined);
  if (first === undefined) {
    errors.push(FieldError.required(path, "must specify a volume type"));
    return;
  }
  checkSource(spec, first, path, errors);
  for (const name of more) {
    // Plugins of flexVolume are asked whatever else there is.
    if (name === "flexVolume") checkSource(spec, name, path, errors);
    else {
      const at = path.child(excessNames[name] ?? name);
      errors.push(FieldError.forbidden(at, "may not specify more than 1 volume type"));
    }
  }
  if (first === "local" && !spec.nodeAffinity) {
    errors.push(FieldError.required(path.child("nodeAffinity"), "Local volume requires node affinity"));
  }
  if (first === "iscsi") requireShortIscsi(spec.iscsi!, volume, path.child("iscsi", "targetportal"), errors);
}

function checkSource(spec: PersistentVolumeSpec, name: SourceName, path: Path, errors: FieldError[]): void {
  const check = checks[name] as SourceCheck<unknown>;
  check(spec[name], path.child(insideNames[name] ?? name), errors);
}

/** Of the two the initiator's name on the node is made. */
function requireShortIscsi(
  { initiatorName, targetPortal = "" }: ISCSIPersistentVolumeSource,
  volume: string,
  path: Path,
  errors: FieldError[],
): void {
  if (initiatorName === undefined || `${volume}:${targetPortal}`.length <= maxIscsiName) return;
  const detail = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if " +
    "iscsi.initiatorName is specified.";
  errors.push(FieldError.invalid(path, targetPortal, detail));
}

function checkGlusterfs(source: GlusterfsPersistentVolumeSource, path: Path, errors: FieldError[]): void {
  shared.checkGlusterfs(source, path, errors);
  const { endpointsNamespace: namespace } = source;
  const at = path.child("endpointsNamespace");
  if (namespace === "") {
    const detail = "if the endpointnamespace is set, it must be a valid namespace name";
    errors.push(FieldError.invalid(at, namespace, detail));
  } else if (namespace !== undefined) checkText(namespace, at, checkDns1123Label, errors);
}

function checkIscsi(source: ISCSIPersistentVolumeSource, path: Path, errors: FieldError[]): void {
  shared.checkIscsi(source, path, errors, "must be valid format");
  if (source.secretRef) requireText(source.secretRef.name, path.child("secretRef", "name"), errors);
}

function checkCinder(source: CinderPersistentVolumeSource, path: Path, errors: FieldError[]): void {
  shared.checkCinder(source, path, errors);
  if (source.secretRef) requires("name", "namespace")(source.secretRef, path.child("secretRef"), errors);
}

function checkStorageOS(source: StorageOSPersistentVolumeSource, path: Path, errors: FieldError[]): void {
  shared.checkStorageOS(source, path, errors);
  if (source.secretRef) requires("name", "namespace")(source.secretRef, path.child("secretRef"), errors);
}

function checkAzureFile(source: AzureFilePersistentVolumeSource, path: Path, errors: FieldError[]): void {
  shared.checkAzureFile(source, path, errors);
  if (source.secretNamespace === "") errors.push(FieldError.required(path.child("secretNamespace")));
}

function checkLocal(source: LocalVolumeSource, path: Path, errors: FieldError[]): void {
  const at = path.child("path");
  if (requireText(source.path, at, errors)) requireNoBacksteps(source.path, at, errors);
}

function checkCsi(source: CSIPersistentVolumeSource, path: Path, errors: FieldError[]): void {
  shared.requireDriverName(source.driver, path.child("driver"), errors);
  requireText(source.volumeHandle, path.child("volumeHandle"), errors);
  const secrets = [
    "controllerPublishSecretRef",
    "controllerExpandSecretRef",
    "nodePublishSecretRef",
    "nodeExpandSecretRef",
  ] as const;
  for (const field of secrets) if (source[field]) checkSecret(source[field], path.child(field), errors);
}

function checkSecret({ name, namespace }: SecretReference, path: Path, errors: FieldError[]): void {
  if (requireText(name, path.child("name"), errors)) {
    checkText(name, path.child("name"), checkDns1123Subdomain, errors);
  }
  if (requireText(namespace, path.child("namespace"), errors)) {
    checkText(namespace, path.child("namespace"), checkDns1123Label, errors);
  }
}
