import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import {
  checkDns1123Label,
  checkDns1123Subdomain,
  checkLabelValue,
  checkNamePrefix,
  checkQualifiedName,
} from "../../../api/meta/names.ts";
import type { KubeObject } from "../../../api/resource.ts";
import type { ResourceRow } from "../../../api/schema/contract.ts";
import type { ObjectMeta, OwnerReference } from "../../../api/types/meta_v1.ts";
import type { Strategy } from "../kinds/strategy.ts";

const metadataPath = root("metadata");
const maxAnnotationBytes = 256 * 1024;
const finalizersOfGarbageCollection = ["foregroundDeletion", "orphan"];

export function validateMetadata(row: ResourceRow, strategy: Strategy, metadata: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  const checkName = strategy.checkName ?? checkDns1123Subdomain;
  const { name = "", generateName, namespace = "" } = metadata;
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
  if (row.namespaced) {
    for (const detail of checkDns1123Label(namespace)) {
      errors.push(FieldError.invalid(metadataPath.child("namespace"), namespace, detail));
    }
  } else if (namespace !== "") {
    errors.push(FieldError.forbidden(metadataPath.child("namespace"), "not allowed on this type"));
  }
  validateLabels(metadata.labels, metadataPath.child("labels"), errors);
  validateAnnotations(metadata.annotations, metadataPath.child("annotations"), errors);
  validateOwners(metadata.ownerReferences ?? [], metadataPath.child("ownerReferences"), errors);
  for (const finalizer of metadata.finalizers ?? []) {
    validateFinalizer(finalizer, metadataPath.child("finalizers"), errors);
  }
  if (finalizersOfGarbageCollection.every((finalizer) => metadata.finalizers?.includes(finalizer))) {
    errors.push(FieldError.invalid(
      metadataPath.child("finalizers"),
      metadata.finalizers,
      "finalizer orphan and foregroundDeletion cannot be both set",
    ));
  }
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
  for (const [index, owner] of owners.entries()) {
    const at = path.index(index);
    for (const field of ["apiVersion", "kind", "name", "uid"] as const) {
      if (!owner[field]) {
        errors.push(FieldError.invalid(at.child(field), owner[field] ?? "", `${field} must not be empty`));
      }
    }
    if (owner.apiVersion === "v1" && owner.kind === "Event") {
      errors.push(FieldError.invalid(at, owner, "/v1, Kind=Event is disallowed from being an owner"));
    }
    if (!owner.controller) continue;
    if (controller !== undefined) {
      const detail =
        `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${owner.name}`;
      errors.push(FieldError.invalid(path, owners, detail));
    }
    controller = owner.name;
  }
}

function validateFinalizer(finalizer: string, path: Path, errors: FieldError[]): void {
  for (const detail of checkQualifiedName(finalizer)) errors.push(FieldError.invalid(path, finalizer, detail));
  if (!finalizer.includes("/") && !finalizersOfGarbageCollection.includes(finalizer) && finalizer !== "kubernetes") {
    const detail = "name is neither a standard finalizer name nor is it fully qualified";
    errors.push(FieldError.invalid(path, finalizer, detail));
  }
}

/** What the server alone decides is taken from the stored object, whatever the client sent. */
export function keepSystemMetadata(metadata: ObjectMeta, old: ObjectMeta): void {
  dropServerSideOnly(metadata);
  copyField(metadata, old, "uid");
  copyField(metadata, old, "creationTimestamp");
  copyField(metadata, old, "generation");
  copyField(metadata, old, "namespace");
  if (old.deletionTimestamp !== undefined) {
    copyField(metadata, old, "deletionTimestamp");
    copyField(metadata, old, "deletionGracePeriodSeconds");
  }
}

/** Fields of other times, and managedFields, which are kept apart from the object. */
export function dropServerSideOnly(metadata: ObjectMeta): void {
  delete metadata.managedFields;
  delete metadata.selfLink;
}

function copyField<K extends keyof ObjectMeta>(metadata: ObjectMeta, old: ObjectMeta, field: K): void {
  if (old[field] === undefined) delete metadata[field];
  else metadata[field] = old[field];
}

export function validateMetadataUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const [metadata, before] = [object.metadata, old.metadata];
  for (const field of ["name", "deletionTimestamp", "deletionGracePeriodSeconds"] as const) {
    if (metadata[field] !== before[field]) {
      errors.push(FieldError.immutable(metadataPath.child(field), metadata[field] ?? null));
    }
  }
  if (before.deletionTimestamp !== undefined) {
    const added = (metadata.finalizers ?? []).filter((finalizer) => !before.finalizers?.includes(finalizer));
    if (added.length > 0) {
      const detail = `no new finalizers can be added if the object is being deleted, found new finalizers ${
        added.join(", ")
      }`;
      errors.push(FieldError.forbidden(metadataPath.child("finalizers"), detail));
    }
  }
  return errors;
}
