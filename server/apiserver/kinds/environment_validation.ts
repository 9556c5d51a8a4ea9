import { FieldError, type Path } from "../../../api/meta/field.ts";
import {
  checkConfigMapKey,
  checkDns1123Label,
  checkDns1123Subdomain,
  checkEnvVarName,
  checkQualifiedName,
} from "../../../api/meta/names.ts";
import type { EnvFromSource, EnvVar, ObjectFieldSelector, ResourceFieldSelector } from "../../../api/types/core_v1.ts";
import { checkText, requireText } from "./checks.ts";

/** What an environment variable can show of its Pod. */
const envFields = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];
/** What is known of a Pod at all, here or in a volume's file. */
const knownFields: ReadonlySet<string> = new Set([
  ...envFields,
  "metadata.labels",
  "metadata.annotations",
  "spec.restartPolicy",
  "spec.schedulerName",
  "spec.hostNetwork",
  "status.phase",
  "status.nominatedNodeName",
]);
const resourceFields = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
];

export function validateEnv({ name, value, valueFrom }: EnvVar, path: Path, errors: FieldError[]): void {
  if (requireText(name, path.child("name"), errors)) checkText(name, path.child("name"), checkEnvVarName, errors);
  if (valueFrom === undefined) return;
  const from = path.child("valueFrom");
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = valueFrom;
  if (fieldRef) validateField(fieldRef, from.child("fieldRef"), errors);
  if (resourceFieldRef) validateResourceField(resourceFieldRef, from.child("resourceFieldRef"), errors);
  for (const [field, reference] of Object.entries({ configMapKeyRef, secretKeyRef })) {
    if (!reference) continue;
    checkText(reference.name ?? "", from.child(field, "name"), checkDns1123Subdomain, errors);
    const at = from.child(field, "key");
    if (requireText(reference.key, at, errors)) checkText(reference.key, at, checkConfigMapKey, errors);
  }
  if (fileKeyRef) {
    const at = from.child("fileKeyRef");
    if (requireText(fileKeyRef.key, at.child("key"), errors)) {
      checkText(fileKeyRef.key, at.child("key"), checkEnvVarName, errors);
    }
    if (requireText(fileKeyRef.volumeName, at.child("volumeName"), errors)) {
      checkText(fileKeyRef.volumeName, at.child("volumeName"), checkDns1123Label, errors);
    }
    if (requireText(fileKeyRef.path, at.child("path"), errors) && fileKeyRef.path.split("/").includes("..")) {
      errors.push(FieldError.invalid(at.child("path"), fileKeyRef.path, "must not contain '..'"));
    }
  }
  const count = Object.keys(valueFrom).length;
  const detail = count === 0
    ? "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
    : value
    ? "may not be specified when `value` is not empty"
    : count > 1
    ? "may not have more than one field specified at a time"
    : undefined;
  if (detail) errors.push(FieldError.invalid(from, "", detail));
}

function validateField({ apiVersion, fieldPath }: ObjectFieldSelector, path: Path, errors: FieldError[]): void {
  const at = path.child("fieldPath");
  if (!requireText(apiVersion, path.child("apiVersion"), errors) || !requireText(fieldPath, at, errors)) return;
  const [, base, key] = /^(metadata\.(?:labels|annotations))\['(.*)'\]$/s.exec(fieldPath) ?? [];
  const trouble = apiVersion !== "v1"
    ? `unsupported pod version: ${apiVersion}`
    : base === undefined && !knownFields.has(fieldPath)
    ? `field label not supported: ${fieldPath}`
    : undefined;
  if (trouble) errors.push(FieldError.invalid(at, fieldPath, `error converting fieldPath: ${trouble}`));
  else if (key !== undefined) {
    checkText(base === "metadata.annotations" ? key.toLowerCase() : key, path, checkQualifiedName, errors);
  } else if (!envFields.includes(fieldPath)) errors.push(FieldError.notSupported(at, fieldPath, envFields));
}

function validateResourceField({ resource }: ResourceFieldSelector, path: Path, errors: FieldError[]): void {
  const at = path.child("resource");
  if (!requireText(resource, at, errors)) return;
  if (resourceFields.includes(resource) || /^(requests|limits)\.hugepages-/.test(resource)) return;
  errors.push(FieldError.notSupported(at, resource, resourceFields));
}

/** What is wrong with which source of several is told of the whole list, as upstream does. */
export function validateEnvFrom(sources: readonly EnvFromSource[], path: Path, errors: FieldError[]): void {
  for (const [index, { prefix, configMapRef, secretRef }] of sources.entries()) {
    const at = path.index(index);
    if (prefix) checkText(prefix, at.child("prefix"), checkEnvVarName, errors);
    for (const [field, reference] of Object.entries({ configMapRef, secretRef })) {
      if (!reference) continue;
      const name = at.child(field, "name");
      if (requireText(reference.name, name, errors)) checkText(reference.name, name, checkDns1123Subdomain, errors);
    }
    if ((configMapRef === undefined) !== (secretRef === undefined)) continue;
    const detail = configMapRef
      ? "may not have more than one field specified at a time"
      : "must specify one of: `configMapRef` or `secretRef`";
    errors.push(FieldError.invalid(path, "", detail));
  }
}
