import { FieldError, type Path } from "../../../api/meta/field.ts";
import {
  checkConfigMapKey,
  checkDns1123Label,
  checkDns1123Subdomain,
  checkEnvVarName,
} from "../../../api/meta/names.ts";
import type { EnvFromSource, EnvVar } from "../../../api/types/core_v1.ts";
import { checkText, requireText } from "./checks.ts";
import { validateFieldRef, validateResourceField } from "./downward_fields.ts";
import { requireNoBacksteps } from "./volume_sources.ts";

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

export function validateEnv({ name, value, valueFrom }: EnvVar, path: Path, errors: FieldError[]): void {
  if (requireText(name, path.child("name"), errors)) checkText(name, path.child("name"), checkEnvVarName, errors);
  if (valueFrom === undefined) return;
  const from = path.child("valueFrom");
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = valueFrom;
  if (fieldRef) validateFieldRef(fieldRef, envFields, from.child("fieldRef"), errors);
  if (resourceFieldRef) validateResourceField(resourceFieldRef, from.child("resourceFieldRef"), false, errors);
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
    if (requireText(fileKeyRef.path, at.child("path"), errors)) {
      requireNoBacksteps(fileKeyRef.path, at.child("path"), errors);
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
