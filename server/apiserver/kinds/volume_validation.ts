import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkDns1123Label, checkDns1123Subdomain } from "../../../api/meta/names.ts";
import type {
  CinderVolumeSource,
  CSIVolumeSource,
  EmptyDirVolumeSource,
  EphemeralVolumeSource,
  GitRepoVolumeSource,
  StorageOSVolumeSource,
  Volume,
} from "../../../api/types/core_v1.ts";
import { checkText, quantityAt, requireOneOf, requireText } from "./checks.ts";
import { validateLocalPath } from "./local_path.ts";
import { validateClaimSpec } from "./persistent_volume_claim.ts";
import { validateProjected } from "./projected_validation.ts";
import { validateTemplateMetadata } from "./template_metadata.ts";
import { validateDownwardFiles, validateItems, validateMode } from "./volume_files_validation.ts";
import * as shared from "./volume_sources.ts";
import { pullPolicies, requires, type SourceCheck } from "./volume_sources.ts";

/** Whose volumes they are. */
export interface VolumeOwner {
  /** Of the Pod; empty for a template, whose Pods' names are not known. */
  readonly pod: string;
}

const maxIscsiName = 64;

/** Every type of volume, in upstream's order: the first that is set counts, others are too many. */
const checks = {
  emptyDir: checkEmptyDir,
  hostPath: shared.checkHostPath,
  gitRepo: checkGitRepo,
  gcePersistentDisk: shared.checkGcePersistentDisk,
  awsElasticBlockStore: shared.checkAwsElasticBlockStore,
  secret: keysOf("secretName"),
  nfs: shared.checkNfs,
  iscsi: (source, path, errors) =>
    shared.checkIscsi(source, path, errors, "must be valid format starting with iqn, eui, or naa"),
  glusterfs: shared.checkGlusterfs,
  flocker: shared.checkFlocker,
  persistentVolumeClaim: requires("claimName"),
  rbd: shared.checkRbd,
  cinder: checkCinder,
  cephfs: shared.checkCephfs,
  quobyte: shared.checkQuobyte,
  downwardAPI({ items, defaultMode }, path, errors) {
    validateMode(defaultMode, path.child("defaultMode"), errors);
    validateDownwardFiles(items, path, errors);
  },
  fc: shared.checkFc,
  flexVolume: shared.checkFlexVolume,
  configMap: keysOf("name"),
  azureFile: shared.checkAzureFile,
  vsphereVolume: shared.checkVsphere,
  photonPersistentDisk: shared.checkPhoton,
  portworxVolume: shared.checkPortworx,
  azureDisk: shared.checkAzureDisk,
  storageos: checkStorageOS,
  projected: validateProjected,
  scaleIO: shared.checkScaleIO,
  csi: checkCsi,
  ephemeral: checkEphemeral,
  image: ({ pullPolicy }, path, errors) => requireOneOf(pullPolicy, path.child("pullPolicy"), pullPolicies, errors),
} as const satisfies { readonly [S in Exclude<keyof Volume, "name">]: SourceCheck<NonNullable<Volume[S]>> };

type SourceName = keyof typeof checks;

const names = Object.keys(checks) as readonly SourceName[];

/** Upstream's names for these in errors, which are no fields: of what is wrong inside, and of one too many. */
const insideNames: Partial<Record<SourceName, string>> = { gcePersistentDisk: "persistentDisk" };
const excessNames: Partial<Record<SourceName, string>> = { cephfs: "cephFS", downwardAPI: "downwarAPI" };

/** Gives those in which nothing is wrong, by name: no others can be mounted. */
export function validateVolumes(
  volumes: readonly Volume[],
  owner: VolumeOwner,
  path: Path,
  errors: FieldError[],
): ReadonlyMap<string, Volume> {
  const valid = new Map<string, Volume>();
  for (const [index, volume] of volumes.entries()) {
    const at = path.index(index);
    const before = errors.length;
    validateSource(volume, owner, at, errors);
    if (requireText(volume.name, at.child("name"), errors)) {
      checkText(volume.name, at.child("name"), checkDns1123Label, errors);
    }
    if (valid.has(volume.name)) errors.push(FieldError.duplicate(at.child("name"), volume.name));
    if (errors.length === before) valid.set(volume.name, volume);
    const claim = volume.persistentVolumeClaim?.claimName;
    const isMade = claim && owner.pod &&
      volumes.some(({ name, ephemeral }) => ephemeral && claim === `${owner.pod}-${name}`);
    if (isMade) {
      const detail = "must not reference a PVC that gets created for an ephemeral volume";
      errors.push(FieldError.invalid(at.child("persistentVolumeClaim", "claimName"), claim, detail));
    }
  }
  return valid;
}

function validateSource(volume: Volume, { pod }: VolumeOwner, path: Path, errors: FieldError[]): void {
  const [first, ...more] = names.filter((name) => volume[name] !== undefined);
  if (first === undefined) {
    errors.push(FieldError.required(path, "must specify a volume type"));
    return;
  }
  const check = checks[first] as SourceCheck<unknown>;
  check(volume[first], path.child(insideNames[first] ?? first), errors);
  for (const name of more) {
    const at = path.child(excessNames[name] ?? name);
    errors.push(FieldError.forbidden(at, "may not specify more than 1 volume type"));
  }
  const { iscsi, ephemeral, image } = volume;
  const { name = "" } = volume;
  // Of the two the initiator's name on the node is made.
  if (iscsi?.initiatorName !== undefined && `${name}:${iscsi.targetPortal ?? ""}`.length > maxIscsiName) {
    const detail = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if " +
      "iscsi.initiatorName is specified.";
    errors.push(FieldError.invalid(path.child("name"), name, detail));
  }
  if (first === "ephemeral" && ephemeral && pod && name) {
    const claim = `${pod}-${name}`;
    for (const detail of checkDns1123Subdomain(claim)) {
      errors.push(FieldError.invalid(path.child("name"), name, `PVC name ${JSON.stringify(claim)}: ${detail}`));
    }
  }
  if (first === "image" && image && pod && !image.reference) {
    errors.push(FieldError.required(path.child("image", "reference")));
  }
}

function keysOf(field: "secretName" | "name"): SourceCheck<NonNullable<Volume["configMap"] | Volume["secret"]>> {
  return (source, path, errors) => {
    requires(field)(source as { readonly [F in typeof field]?: string }, path, errors);
    validateMode(source.defaultMode, path.child("defaultMode"), errors);
    validateItems(source.items, path.child("items"), errors);
  };
}

function checkEmptyDir({ sizeLimit }: EmptyDirVolumeSource, path: Path, errors: FieldError[]): void {
  if (sizeLimit === undefined) return;
  const at = path.child("sizeLimit");
  const limit = quantityAt(sizeLimit, at, errors);
  if (limit && limit.sign() < 0) {
    errors.push(FieldError.forbidden(at, "SizeLimit field must be a valid resource quantity"));
  }
}

function checkGitRepo(source: GitRepoVolumeSource, path: Path, errors: FieldError[]): void {
  requires("repository")(source, path, errors);
  validateLocalPath(source.directory ?? "", path.child("directory"), errors);
}

function checkCinder(source: CinderVolumeSource, path: Path, errors: FieldError[]): void {
  shared.checkCinder(source, path, errors);
  if (source.secretRef) requires("name")(source.secretRef, path.child("secretRef"), errors);
}

function checkStorageOS(source: StorageOSVolumeSource, path: Path, errors: FieldError[]): void {
  shared.checkStorageOS(source, path, errors);
  if (source.secretRef) requires("name")(source.secretRef, path.child("secretRef"), errors);
}

function checkCsi({ driver, nodePublishSecretRef: secret }: CSIVolumeSource, path: Path, errors: FieldError[]): void {
  shared.requireDriverName(driver, path.child("driver"), errors);
  if (!secret) return;
  if (requireText(secret.name, path.child("nodePublishSecretRef", "name"), errors)) {
    checkText(secret.name, path.child("name"), checkDns1123Subdomain, errors);
  }
}

function checkEphemeral(
  { volumeClaimTemplate: template }: EphemeralVolumeSource,
  path: Path,
  errors: FieldError[],
): void {
  const at = path.child("volumeClaimTemplate");
  if (!template) {
    errors.push(FieldError.required(at));
    return;
  }
  validateTemplateMetadata(template.metadata, at, errors);
  validateClaimSpec(template.spec, at.child("spec"), errors);
}
