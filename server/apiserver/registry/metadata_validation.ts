import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import {
  checkDns1123Label,
  checkDns1123Subdomain,
  checkLabelValue,
  checkNamePrefix,
  checkPathSegmentName,
  checkQualifiedName,
} from "../../../api/meta/names.ts";
import type { KubeObject } from "../../../api/resource.ts";
import type { ResourceRow } from "../../../api/schema/contract.ts";
import type { ObjectMeta, OwnerReference } from "../../../api/types/meta_v1.ts";
import type { Strategy } from "../kinds/strategy.ts";

const metadataPath = root("metadata");
const finalizersPath = metadataPath.child("finalizers");
const maxAnnotationBytes = 256 * 1024;
const finalizersOfGarbageCollection = ["orphan", "foregroundDeletion"];
const standardFinalizers: ReadonlySet<string> = new Set([...finalizersOfGarbageCollection, "kubernetes"]);

type NameCheck = (name: string) => string[];

/** What is wrong with the metadata of a new object: by the kind's rules, or else by what no path could name. */
export function validateMetadata(row: ResourceRow, strategy: Strategy, metadata: ObjectMeta): FieldError[] {
  const { checkName } = strategy;
  return [
    ...validateNames(row, checkName ?? checkDns1123Subdomain, metadata),
    ...validateFields(metadata),
    ...validateFinalizers(metadata.finalizers),
    ...(rulesOf(row, strategy).known ? requireKnownFinalizers(metadata.finalizers) : []),
  ];
}

/**
 * What is wrong with the metadata of a changed object. Upstream looks at it up to four times, for all kinds and in the kind's own rules, and tells what it finds
 * as often.
 */
export function validateMetadataUpdate(
  row: ResourceRow,
  strategy: Strategy,
  { metadata }: KubeObject,
  old: KubeObject,
  subresource = "",
): FieldError[] {
  const { checkName } = strategy;
  const { changed, whole, known } = rulesOf(row, strategy, subresource);
  const fields = validateFields(metadata);
  const changes = validateChanges(metadata, old.metadata);
  const finalizers = validateFinalizers(metadata.finalizers);
  const unknown = known ? requireKnownFinalizers(metadata.finalizers) : [];
  const names = validateNames(row, checkPathSegmentName, metadata);
  const ownNames = whole > 0 ? validateNames(row, checkName ?? checkDns1123Subdomain, metadata) : [];
  return [
    ...[...names, ...fields, ...finalizers],
    ...[...changes, ...fields],
    ...(changed ? [...changes, ...fields, ...unknown] : []),
    ...Array.from({ length: whole }, () => [...ownNames, ...fields, ...finalizers, ...unknown]).flat(),
  ];
}

/** Which checks of metadata a kind's own rules contain. */
interface OwnRules {
  /** What has changed, in updates. */
  readonly changed: boolean;
  /** How often all of it is looked at in updates. */
  readonly whole: number;
  /** That finalizers without a domain are known ones. */
  readonly known: boolean;
}

const usual: OwnRules = { changed: true, whole: 0, known: true };
const twice: OwnRules = { changed: true, whole: 1, known: true };
const asNew: OwnRules = { changed: false, whole: 1, known: true };
const asNewAndLax: OwnRules = { changed: false, whole: 1, known: false };
const none: OwnRules = { changed: false, whole: 0, known: false };

const ownRules: Readonly<Record<string, OwnRules>> = {
  "/configmaps": twice,
  "/endpoints": twice,
  "/events": none,
  "/limitranges": asNew,
  "/namespaces": twice,
  "/nodes": twice,
  "/persistentvolumeclaims": twice,
  "/persistentvolumes": { changed: false, whole: 2, known: true },
  "/pods": twice,
  "/secrets": twice,
  "/serviceaccounts": twice,
  "admissionregistration.k8s.io/mutatingadmissionpolicies": asNewAndLax,
  "admissionregistration.k8s.io/mutatingadmissionpolicybindings": asNewAndLax,
  "admissionregistration.k8s.io/mutatingwebhookconfigurations": asNewAndLax,
  "admissionregistration.k8s.io/validatingadmissionpolicies": asNewAndLax,
  "admissionregistration.k8s.io/validatingadmissionpolicies/status": none,
  "admissionregistration.k8s.io/validatingadmissionpolicybindings": asNewAndLax,
  "admissionregistration.k8s.io/validatingwebhookconfigurations": asNewAndLax,
  "apps/controllerrevisions": twice,
  "batch/cronjobs/status": none,
  "batch/jobs": twice,
  "coordination.k8s.io/leases": { changed: true, whole: 0, known: false },
  "discovery.k8s.io/endpointslices": asNew,
  "flowcontrol.apiserver.k8s.io/flowschemas": asNew,
  "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations": asNew,
  "networking.k8s.io/ingressclasses": twice,
  "networking.k8s.io/ingresses": twice,
  "networking.k8s.io/ipaddresses": twice,
  "node.k8s.io/runtimeclasses": { changed: true, whole: 1, known: false },
  "policy/poddisruptionbudgets": none,
  "policy/poddisruptionbudgets/status": none,
  "rbac.authorization.k8s.io/clusterrolebindings": twice,
  "rbac.authorization.k8s.io/clusterroles": twice,
  "rbac.authorization.k8s.io/rolebindings": twice,
  "rbac.authorization.k8s.io/roles": twice,
  "resource.k8s.io/deviceclasses": twice,
  "resource.k8s.io/resourceclaims": twice,
  "resource.k8s.io/resourceclaimtemplates": twice,
  "storage.k8s.io/csinodes": asNew,
  "storage.k8s.io/csistoragecapacities": twice,
  "storage.k8s.io/storageclasses": twice,
  "storage.k8s.io/volumeattachments": asNew,
  "storage.k8s.io/volumeattachments/status": asNew,
  "storage.k8s.io/volumeattributesclasses": twice,
};

function rulesOf({ group, resource }: ResourceRow, { checksMetadata }: Strategy, subresource = ""): OwnRules {
  if (checksMetadata) return usual;
  const name = `${group}/${resource}`;
  return ownRules[subresource === "" ? name : `${name}/${subresource}`] ?? usual;
}

function validateNames({ namespaced }: ResourceRow, checkName: NameCheck, metadata: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  const { name = "", generateName, namespace = "", generation = 0 } = metadata;
  if (generateName !== undefined) {
    for (const detail of checkNamePrefix(generateName, checkName)) {
      errors.push(FieldError.invalid(metadataPath.child("generateName"), generateName, detail));
    }
  }
  if (name === "") {
    errors.push(FieldError.required(metadataPath.child("name"), "name or generateName is required"));
  } else {
    for (const detail of checkName(name)) errors.push(FieldError.invalid(metadataPath.child("name"), name, detail));
  }
  if (namespaced) {
    for (const detail of checkDns1123Label(namespace)) {
      errors.push(FieldError.invalid(metadataPath.child("namespace"), namespace, detail));
    }
  } else if (namespace !== "") {
    errors.push(FieldError.forbidden(metadataPath.child("namespace"), "not allowed on this type"));
  }
  if (generation < 0) {
    const detail = "must be greater than or equal to 0";
    errors.push(FieldError.invalid(metadataPath.child("generation"), generation, detail));
  }
  return errors;
}

function validateFields({ labels, annotations, ownerReferences = [] }: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  validateLabels(labels, metadataPath.child("labels"), errors);
  validateAnnotations(annotations, metadataPath.child("annotations"), errors);
  validateOwners(ownerReferences, metadataPath.child("ownerReferences"), errors);
  return errors;
}

export function validateLabels(labels: Record<string, string> | undefined, path: Path, errors: FieldError[]): void {
  for (const key in labels) {
    for (const detail of checkQualifiedName(key)) errors.push(FieldError.invalid(path, key, detail));
    const value = labels[key]!;
    for (const detail of checkLabelValue(value)) errors.push(FieldError.invalid(path, value, detail));
  }
}

export function validateAnnotations(
  annotations: Record<string, string> | undefined,
  path: Path,
  errors: FieldError[],
): void {
  let size = 0;
  for (const key in annotations) {
    for (const detail of checkQualifiedName(key.toLowerCase())) errors.push(FieldError.invalid(path, key, detail));
    size += key.length + annotations[key]!.length;
  }
  if (size > maxAnnotationBytes) errors.push(FieldError.tooLong(path, maxAnnotationBytes));
}

function validateOwners(owners: readonly OwnerReference[], path: Path, errors: FieldError[]): void {
  let controller: string | undefined;
  for (const owner of owners) {
    validateOwner(owner, path, errors);
    if (!owner.controller) continue;
    const name = `${owner.kind}/${owner.name}`;
    if (controller === undefined) controller = name;
    else {
      const detail =
        `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
      errors.push(FieldError.invalid(path, owners, detail));
    }
  }
}

/** Whichever of the references it is, the path is that of all. */
function validateOwner(owner: OwnerReference, path: Path, errors: FieldError[]): void {
  const { apiVersion, kind, name, uid } = owner;
  if (!apiVersion || apiVersion.split("/").length > 2) {
    errors.push(FieldError.invalid(path.child("apiVersion"), apiVersion ?? "", "version must not be empty"));
  }
  for (const [field, value] of Object.entries({ kind, name, uid })) {
    if (!value) errors.push(FieldError.invalid(path.child(field), value ?? "", "must not be empty"));
  }
  if (apiVersion === "v1" && kind === "Event") {
    errors.push(FieldError.invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner"));
  }
}

function validateFinalizers(finalizers: readonly string[] = []): FieldError[] {
  const errors: FieldError[] = [];
  for (const finalizer of finalizers) {
    for (const detail of checkQualifiedName(finalizer)) {
      errors.push(FieldError.invalid(finalizersPath, finalizer, detail));
    }
  }
  if (finalizersOfGarbageCollection.every((finalizer) => finalizers.includes(finalizer))) {
    const detail = `finalizer ${finalizersOfGarbageCollection.join(" and ")} cannot be both set`;
    errors.push(FieldError.invalid(finalizersPath, finalizers, detail));
  }
  return errors;
}

function requireKnownFinalizers(finalizers: readonly string[] = []): FieldError[] {
  return finalizers.flatMap((finalizer, index) => {
    if (finalizer.includes("/") || standardFinalizers.has(finalizer)) return [];
    const detail = "name is neither a standard finalizer name nor is it fully qualified";
    return [FieldError.invalid(finalizersPath.index(index), finalizer, detail)];
  });
}

/** What an update may not change. */
function validateChanges(metadata: ObjectMeta, before: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  if (before.deletionTimestamp !== undefined) {
    const added = (metadata.finalizers ?? []).filter((finalizer) => !before.finalizers?.includes(finalizer));
    if (added.length > 0) {
      const names = [...new Set(added)].sort().map((name) => JSON.stringify(name)).join(", ");
      const detail =
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${names}}`;
      errors.push(FieldError.forbidden(finalizersPath, detail));
    }
  }
  for (const field of ["name", "uid", "deletionTimestamp", "deletionGracePeriodSeconds"] as const) {
    if (metadata[field] !== before[field]) {
      errors.push(FieldError.immutable(metadataPath.child(field), metadata[field] ?? null));
    }
  }
  return errors;
}
