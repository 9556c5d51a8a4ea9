import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import { Quantity } from "../../../api/meta/quantity.ts";
import { checkDns1123Label, checkDns1123Subdomain } from "../../../api/meta/names.ts";
import type {
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  TypedLocalObjectReference,
} from "../../../api/types/core_v1.ts";
import { checkText, labelSelectorAt, quantityAt, requireOneOf, requireText } from "./checks.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

export const accessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const alone = "ReadWriteOncePod";
const sources: readonly string[] = ["/PersistentVolumeClaim", "snapshot.storage.k8s.io/VolumeSnapshot"];
export const volumeModes = ["Block", "Filesystem"];

export const persistentVolumeClaimStrategy: Strategy<PersistentVolumeClaim> = {
  defaults: defaultClaim,
  prepareForCreate(claim) {
    claim.status = { phase: "Pending" };
    dropUnsupportedSource(claim.spec);
    mirrorSources(claim.spec);
  },
  prepareForUpdate({ spec }, { spec: before }) {
    if (!before.dataSource && !before.dataSourceRef) dropUnsupportedSource(spec);
    mirrorSources(spec);
  },
  prepareForStatusUpdate(claim) {
    claim.status = { ...claim.status, phase: claim.status?.phase ?? "Pending" };
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    validateClaimSpec(spec, specPath, errors);
    return errors;
  },
  validateUpdate({ spec, status }, { spec: before, status: { capacity } = {} }) {
    const errors: FieldError[] = [];
    // Binding fills in the volume, a bound claim's request may grow, and a class may be given to a claim that had none.
    const masked: PersistentVolumeClaimSpec = { ...spec };
    if (!before.volumeName) Object.assign(masked, { volumeName: before.volumeName });
    if (before.storageClassName === undefined) Object.assign(masked, { storageClassName: undefined });
    const storage = before.resources?.requests?.["storage"];
    if (status?.phase === "Bound") {
      const requests = { ...spec.resources?.requests, ...storage !== undefined && { storage } };
      masked.resources = { ...spec.resources, requests };
      Object.assign(masked, { volumeAttributesClassName: before.volumeAttributesClassName });
    }
    if (!deepEqual(masked, before)) {
      const detail =
        "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
      errors.push(FieldError.forbidden(specPath, detail));
    }
    // What an expansion that failed has asked for can be taken back, but no volume shrinks.
    const [now, then] = [amount(spec.resources?.requests?.["storage"]), amount(storage)];
    if (now.compare(then) < 0 && now.compare(amount(capacity?.["storage"])) <= 0) {
      const at = specPath.child("resources", "requests", "storage");
      errors.push(FieldError.forbidden(at, "field can not be less than status.capacity"));
    }
    if (spec.volumeMode !== before.volumeMode) {
      errors.push(FieldError.immutable(root("volumeMode"), spec.volumeMode ?? null));
    }
    return errors;
  },
};

/** The older field holds claims and snapshots only, the newer one nothing of other namespaces: what else they are given they lose. */
function dropUnsupportedSource(spec: PersistentVolumeClaimSpec): void {
  if (spec.dataSourceRef?.namespace) delete spec.dataSourceRef;
  if (spec.dataSourceRef || !spec.dataSource) return;
  const { apiGroup = "", kind } = spec.dataSource;
  if (!sources.includes(`${apiGroup}/${kind}`)) delete spec.dataSource;
}

/** Clients read either field: what one says, the other does. */
function mirrorSources(spec: PersistentVolumeClaimSpec): void {
  if (spec.dataSource && !spec.dataSourceRef) spec.dataSourceRef = { ...spec.dataSource };
  else if (spec.dataSourceRef && !spec.dataSource && !spec.dataSourceRef.namespace) {
    const { namespace: _, ...source } = spec.dataSourceRef;
    spec.dataSource = source;
  }
}

/** Of what is no quantity, 0: it is refused elsewhere. */
function amount(text: string | undefined): Quantity {
  return quantityAt(text ?? "0", specPath, []) ?? Quantity.parse("0");
}

export function defaultClaim({ spec }: PersistentVolumeClaim): void {
  spec.volumeMode ??= "Filesystem";
}

export function validateClaimSpec(spec: PersistentVolumeClaimSpec, path: Path, errors: FieldError[]): void {
  const modes = spec.accessModes ?? [];
  if (modes.length === 0) {
    errors.push(FieldError.required(path.child("accessModes"), "at least 1 access mode is required"));
  }
  for (const mode of modes) requireOneOf(mode, path.child("accessModes"), accessModes, errors);
  requireAccessModesAlone(modes, path.child("accessModes"), errors);
  requireOneOf(spec.volumeMode, path.child("volumeMode"), volumeModes, errors);
  labelSelectorAt(spec.selector, path.child("selector"), errors);
  const at = path.child("resources").key("storage");
  const storage = spec.resources?.requests?.storage;
  if (storage === undefined) errors.push(FieldError.required(at));
  else {
    const quantity = quantityAt(storage, at, errors);
    if (quantity && quantity.sign() <= 0) errors.push(FieldError.invalid(at, storage, "must be greater than zero"));
  }
  for (const field of ["storageClassName", "volumeAttributesClassName"] as const) {
    if (spec[field]) checkText(spec[field], path.child(field), checkDns1123Subdomain, errors);
  }
  validateSources(spec, path, errors);
}

/** The mode of one Pod goes with no other. */
export function requireAccessModesAlone(modes: readonly string[], path: Path, errors: FieldError[]): void {
  if (modes.includes(alone) && modes.some((mode) => mode !== alone && accessModes.includes(mode))) {
    errors.push(FieldError.forbidden(path, `may not use ${alone} with other access modes`));
  }
}

/** What the volume is filled from, which two fields tell. */
function validateSources(spec: PersistentVolumeClaimSpec, path: Path, errors: FieldError[]): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource) validateSource(dataSource, path.child("dataSource"), errors);
  if (dataSourceRef) validateSource(dataSourceRef, path.child("dataSourceRef"), errors);
  const { namespace } = dataSourceRef ?? {};
  if (namespace) checkText(namespace, path.child("dataSourceRef", "namespace"), checkDns1123Label, errors);
  if (!dataSource || !dataSourceRef) return;
  if (namespace) {
    errors.push(FieldError.invalid(path, {}, "may not be specified when dataSourceRef.namespace is specified"));
  } else if ((["apiGroup", "kind", "name"] as const).some((part) => dataSource[part] !== dataSourceRef[part])) {
    errors.push(FieldError.invalid(path, {}, "must match dataSourceRef"));
  }
}

function validateSource({ apiGroup, kind, name }: TypedLocalObjectReference, path: Path, errors: FieldError[]): void {
  requireText(name, path.child("name"), errors);
  requireText(kind, path.child("kind"), errors);
  if (apiGroup) checkText(apiGroup, path.child("apiGroup"), checkDns1123Subdomain, errors);
  else if (kind !== "PersistentVolumeClaim") {
    const detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
    errors.push(FieldError.invalid(path, kind ?? "", detail));
  }
}
