/** StorageClass and VolumeAttributesClass. */
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import { checkQualifiedName } from "../../../api/meta/names.ts";
import type { TopologySelectorTerm } from "../../../api/types/core_v1.ts";
import type { StorageClass, VolumeAttributesClass } from "../../../api/types/storage_v1.ts";
import { goMap } from "../../../api/schema/go_value.ts";
import { deprecatedNodeLabel } from "./deprecated_node_labels.ts";
import { checkText, requireOneOf, requireText, requireUnique } from "./checks.ts";
import type { Strategy } from "./strategy.ts";

const maxParameters = 512;
/** Bytes of all names and values. */
const maxParametersSize = 256 * 1024;

export const storageClassStrategy: Strategy<StorageClass> = {
  defaults(storageClass) {
    storageClass.reclaimPolicy ??= "Delete";
    storageClass.volumeBindingMode ??= "Immediate";
  },
  warnings,
  validate({ provisioner, parameters, reclaimPolicy, volumeBindingMode, allowedTopologies = [] }) {
    const errors: FieldError[] = [];
    requireProvisioner(provisioner, root("provisioner"), errors);
    validateParameters(parameters, errors);
    requireOneOf(reclaimPolicy || undefined, root("reclaimPolicy"), ["Delete", "Retain"], errors);
    requireOneOf(volumeBindingMode, root("volumeBindingMode"), ["Immediate", "WaitForFirstConsumer"], errors);
    validateTopologies(allowedTopologies, root("allowedTopologies"), errors);
    return errors;
  },
  validateUpdate: (storageClass, old) =>
    (["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] as const)
      .filter((field) => !deepEqual(storageClass[field], old[field]))
      .map((field) => {
        const value = storageClass[field];
        return FieldError.immutable(root(field), typeof value === "object" ? goMap(value) : value ?? null);
      }),
};

function warnings({ allowedTopologies = [] }: StorageClass): string[] {
  return allowedTopologies.flatMap(({ matchLabelExpressions = [] }, index) =>
    matchLabelExpressions.flatMap(({ key = "" }, i) => {
      const message = deprecatedNodeLabel(key);
      const at = root("allowedTopologies").index(index).child("matchLabelExpressions").index(i).child("key");
      return message ? [`${at}: ${message}`] : [];
    })
  );
}

/** No two of them say the same, whatever the order of their keys and values; one error for each that came before. */
function validateTopologies(terms: readonly TopologySelectorTerm[], path: Path, errors: FieldError[]): void {
  // Upstream compares each with as many empty ones, too.
  const said = new Map([["[]", terms.length]]);
  for (const [index, { matchLabelExpressions = [] }] of terms.entries()) {
    const at = path.index(index).child("matchLabelExpressions");
    const values = new Map<string, readonly string[]>();
    for (const [i, { key = "", values: list = [] }] of matchLabelExpressions.entries()) {
      if (list.length === 0) errors.push(FieldError.required(at.index(i).child("values")));
      requireUnique(list.map((value, n) => [value, at.index(i).child("values").index(n)]), errors);
      checkText(key, at.index(i).child("key"), checkQualifiedName, errors);
      if (values.has(key)) errors.push(FieldError.duplicate(at.index(i).child("key"), key));
      values.set(key, [...new Set(list)].sort());
    }
    const text = JSON.stringify([...values].sort(([a], [b]) => a < b ? -1 : 1));
    const before = said.get(text) ?? 0;
    for (let n = 0; n < before; n++) errors.push(FieldError.duplicate(at, ""));
    said.set(text, before + 1);
  }
}

export const volumeAttributesClassStrategy: Strategy<VolumeAttributesClass> = {
  validate({ driverName, parameters }) {
    const errors: FieldError[] = [];
    requireProvisioner(driverName, root("driverName"), errors);
    validateParameters(parameters, errors);
    if (Object.keys(parameters ?? {}).length === 0) {
      errors.push(FieldError.required(root("parameters"), "must contain at least one key/value pair"));
    }
    return errors;
  },
  validateUpdate: (attributesClass, old) =>
    (["driverName", "parameters"] as const).filter((field) => !deepEqual(attributesClass[field], old[field]))
      .map((field) => FieldError.forbidden(root(field), `updates to ${field} are forbidden.`)),
};

/** A driver's name, which may have capital letters. */
function requireProvisioner(name: string | undefined, path: Path, errors: FieldError[]): void {
  if (!requireText(name, path, errors)) return;
  for (const detail of checkQualifiedName(name.toLowerCase())) {
    errors.push(FieldError.invalid(path, name.toLowerCase(), detail));
  }
}

function validateParameters(parameters: Readonly<Record<string, string>> = {}, errors: FieldError[]): void {
  const path = root("parameters");
  const entries = Object.entries(parameters);
  if (entries.length > maxParameters) return void errors.push(FieldError.tooLong(path, maxParameters));
  const size = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (entries.some(([key]) => key === "")) errors.push(FieldError.invalid(path, "", "field can not be empty."));
  if (size > maxParametersSize) errors.push(FieldError.tooLong(path, maxParametersSize));
}
