/** What is wrong with where a volume's bytes are: for the types of volumes that Pods and PersistentVolumes have in common. */
import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkDns1123Label, checkDns1123Subdomain } from "../../../api/meta/names.ts";
import type {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  FCVolumeSource,
  FlexPersistentVolumeSource,
  FlexVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  HostPathVolumeSource,
  ISCSIPersistentVolumeSource,
  ISCSIVolumeSource,
  NFSVolumeSource,
  QuobyteVolumeSource,
} from "../../../api/types/core_v1.ts";
import { checkText, requireOneOf, requireText } from "./checks.ts";

/** Adds what it finds to `errors`; `path` is the source's own. */
export type SourceCheck<S> = (source: S, path: Path, errors: FieldError[]) => void;

export const pullPolicies = ["Always", "IfNotPresent", "Never"];
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
const maxDriverName = 63;
const maxTenant = 64;
const maxLun = 255;
const hostAndPort = /^(\[[^[\]]*\]|[^:[\]]*):[^:[\]]*$/;
/** By the beginning of an initiator's or a target's name. */
const iscsiNames: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.[A-Za-z0-9.-]+:[^,;*&$|\s]+$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
};
const cachingModes = ["None", "ReadOnly", "ReadWrite"];
const diskKinds = ["Dedicated", "Managed", "Shared"];
const managedDisk = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
const blobDisk = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";

/** A check that each of the fields says something. */
export function requires<F extends string>(...fields: readonly F[]): SourceCheck<{ readonly [K in F]?: unknown }> {
  return (source, path, errors) => {
    for (const field of fields) {
      const value = source[field];
      const isEmpty = value === undefined || value === "" || Array.isArray(value) && value.length === 0;
      if (isEmpty) errors.push(FieldError.required(path.child(field)));
    }
  };
}

export const checkRbd: SourceCheck<object> = requires("monitors", "image");
export const checkCephfs: SourceCheck<object> = requires("monitors");
export const checkGlusterfs: SourceCheck<object> = requires("endpoints", "path");
export const checkCinder: SourceCheck<object> = requires("volumeID");
export const checkAzureFile: SourceCheck<object> = requires("secretName", "shareName");
export const checkVsphere: SourceCheck<object> = requires("volumePath");
export const checkPhoton: SourceCheck<object> = requires("pdID");
export const checkPortworx: SourceCheck<object> = requires("volumeID");
export const checkScaleIO: SourceCheck<object> = requires("gateway", "system", "volumeName");

/** Its path, unlike its field, is `persistentDisk`. */
export function checkGcePersistentDisk(disk: GCEPersistentDiskVolumeSource, path: Path, errors: FieldError[]): void {
  requires("pdName")(disk, path, errors);
  requirePartition(disk.partition, path, errors);
}

export function checkAwsElasticBlockStore(
  store: AWSElasticBlockStoreVolumeSource,
  path: Path,
  errors: FieldError[],
): void {
  requires("volumeID")(store, path, errors);
  requirePartition(store.partition, path, errors);
}

function requirePartition(partition: number | undefined, path: Path, errors: FieldError[]): void {
  // The message says 1, though 0 is "none".
  if (partition === undefined || (partition >= 0 && partition <= 255)) return;
  errors.push(FieldError.invalid(path.child("partition"), partition, "must be between 1 and 255, inclusive"));
}

export function checkHostPath(host: HostPathVolumeSource, path: Path, errors: FieldError[]): void {
  if (!requireText(host.path, path.child("path"), errors)) return;
  requireNoBacksteps(host.path, path.child("path"), errors);
  requireOneOf(host.type, path.child("type"), hostPathTypes, errors);
}

/** No part of the path leads upwards. */
export function requireNoBacksteps(text: string, path: Path, errors: FieldError[]): void {
  if (text.split("/").includes("..")) errors.push(FieldError.invalid(path, text, "must not contain '..'"));
}

export function checkNfs(nfs: NFSVolumeSource, path: Path, errors: FieldError[]): void {
  requires("server", "path")(nfs, path, errors);
  const text = nfs.path ?? "";
  if (!text.startsWith("/")) errors.push(FieldError.invalid(path.child("path"), text, "must be an absolute path"));
}

export function checkFlocker(
  { datasetName = "", datasetUUID = "" }: FlockerVolumeSource,
  path: Path,
  errors: FieldError[],
) {
  if (!datasetName && !datasetUUID) {
    errors.push(FieldError.required(path, "one of datasetName and datasetUUID is required"));
  } else if (datasetName && datasetUUID) {
    const detail = "datasetName and datasetUUID can not be specified simultaneously";
    errors.push(FieldError.invalid(path, "resource", detail));
  }
  if (datasetName.includes("/")) {
    errors.push(FieldError.invalid(path.child("datasetName"), datasetName, "must not contain '/'"));
  }
}

export function checkQuobyte(
  { registry = "", tenant = "", volume }: QuobyteVolumeSource,
  path: Path,
  errors: FieldError[],
) {
  const pairs = "must be a host:port pair or multiple pairs separated by commas";
  if (registry === "") errors.push(FieldError.required(path.child("registry"), pairs));
  else if (tenant.length > maxTenant) {
    const detail = `must be a UUID and may not exceed a length of ${maxTenant} characters`;
    errors.push(FieldError.required(path.child("tenant"), detail));
  } else {
    for (const pair of registry.split(",")) {
      if (!hostAndPort.test(pair)) errors.push(FieldError.invalid(path.child("registry"), registry, pairs));
    }
  }
  requireText(volume, path.child("volume"), errors);
}

export function checkFc({ targetWWNs = [], wwids = [], lun }: FCVolumeSource, path: Path, errors: FieldError[]): void {
  const at = path.child("targetWWNs");
  if (targetWWNs.length === 0 && wwids.length === 0) {
    errors.push(FieldError.required(at, "must specify either targetWWNs or wwids, but not both"));
  }
  if (targetWWNs.length === 0) return;
  if (wwids.length > 0) {
    errors.push(FieldError.invalid(at, targetWWNs, "targetWWNs and wwids can not be specified simultaneously"));
  }
  if (lun === undefined) {
    errors.push(FieldError.required(path.child("lun"), "lun is required if targetWWNs is specified"));
  } else requireLun(lun, path, errors);
}

/** What is said of names that begin as none does is the one thing in which upstream's two kinds of iSCSI volumes differ. */
export function checkIscsi(
  iscsi: ISCSIVolumeSource | ISCSIPersistentVolumeSource,
  path: Path,
  errors: FieldError[],
  unknownBeginning: string,
): void {
  requireText(iscsi.targetPortal, path.child("targetPortal"), errors);
  if (requireText(iscsi.iqn, path.child("iqn"), errors)) {
    requireIscsiName(iscsi.iqn, path.child("iqn"), errors, unknownBeginning);
  }
  requireLun(iscsi.lun ?? 0, path, errors);
  if ((iscsi.chapAuthDiscovery || iscsi.chapAuthSession) && !iscsi.secretRef) {
    errors.push(FieldError.required(path.child("secretRef")));
  }
  if (iscsi.initiatorName !== undefined) {
    requireIscsiName(iscsi.initiatorName, path.child("initiatorname"), errors, unknownBeginning);
  }
}

function requireIscsiName(name: string, path: Path, errors: FieldError[], unknownBeginning: string): void {
  const form = iscsiNames[name.slice(0, 3)];
  if (form?.test(name)) return;
  errors.push(FieldError.invalid(path, name, form ? "must be valid format" : unknownBeginning));
}

function requireLun(lun: number, path: Path, errors: FieldError[]): void {
  if (lun >= 0 && lun <= maxLun) return;
  errors.push(FieldError.invalid(path.child("lun"), lun, `must be between 0 and ${maxLun}, inclusive`));
}

export function checkFlexVolume(
  flex: FlexVolumeSource | FlexPersistentVolumeSource,
  path: Path,
  errors: FieldError[],
): void {
  requireText(flex.driver, path.child("driver"), errors);
  for (const key of Object.keys(flex.options ?? {})) {
    const [namespace = ""] = key.toLowerCase().split("/", 1);
    if (![".kubernetes.io", ".k8s.io"].some((reserved) => `.${namespace}`.endsWith(reserved))) continue;
    const detail = "kubernetes.io and k8s.io namespaces are reserved";
    errors.push(FieldError.invalid(path.child("options").key(key), key, detail));
  }
}

export function checkAzureDisk(disk: AzureDiskVolumeSource, path: Path, errors: FieldError[]): void {
  requires("diskName", "diskURI")(disk, path, errors);
  requireOneOf(disk.cachingMode, path.child("cachingMode"), cachingModes, errors);
  requireOneOf(disk.kind, path.child("kind"), diskKinds, errors);
  const [begins, form] = disk.kind === "Managed" ? ["/subscriptions/", managedDisk] : ["https://", blobDisk];
  if (!(disk.diskURI ?? "").startsWith(begins)) {
    errors.push(FieldError.notSupported(path.child("diskURI"), disk.diskURI ?? "", [form]));
  }
}

/** Drivers may call themselves by capital letters. */
export function requireDriverName(name: string | undefined, path: Path, errors: FieldError[]): name is string {
  if (!requireText(name, path, errors)) return false;
  if (name.length > maxDriverName) errors.push(FieldError.tooLong(path, maxDriverName));
  for (const detail of checkDns1123Subdomain(name.toLowerCase())) errors.push(FieldError.invalid(path, name, detail));
  return true;
}

/** Names of a StorageOS volume and its namespace. */
export function checkStorageOS(
  { volumeName, volumeNamespace }: { volumeName?: string; volumeNamespace?: string },
  path: Path,
  errors: FieldError[],
): void {
  if (requireText(volumeName, path.child("volumeName"), errors)) {
    checkText(volumeName, path.child("volumeName"), checkDns1123Label, errors);
  }
  if (volumeNamespace) checkText(volumeNamespace, path.child("volumeNamespace"), checkDns1123Label, errors);
}
