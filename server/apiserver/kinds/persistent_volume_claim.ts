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
import { claimWarnings, classAnnotation } from "./claim_warnings.ts";
import { validateClaimStatus } from "./claim_status.ts";
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
    dropUnsupportedSource(spec, before);
    mirrorSources(spec);
  },
  defaultStatus(claim) {
    claim.status = { ...claim.status, phase: claim.status?.phase ?? "Pending" };
  },
  validate({ spec }, old) {
    const errors: FieldError[] = [];
    const { dataSource, dataSourceRef } = old?.spec ?? {};
    const namesGroup = dataSource?.apiGroup !== undefined || dataSourceRef?.apiGroup !== undefined;
    validateClaimSpec(spec, specPath, errors, !namesGroup);
    return errors;
  },
  validateStatusUpdate: validateClaimStatus,
  warnings: claimWarnings,
  validateUpdate({ metadata, spec, status }, { metadata: { annotations }, spec: before, status: { capacity } = {} }) {
    const errors: FieldError[] = [];
    // Binding fills in the volume, a bound claim's request may grow, and a class may be given to a claim that had none.
    const masked: PersistentVolumeClaimSpec = { ...spec };
    if (!before.volumeName) Object.assign(masked, { volumeName: before.volumeName });
    const [now, then] = [metadata.annotations?.[classAnnotation], annotations?.[classAnnotation]];
    const isFirst = before.storageClassName === undefined && spec.storageClassName !== undefined &&
      (then === undefined || spec.storageClassName === then);
    if (isFirst) delete masked.storageClassName;
    // The annotation goes when the field says the same.
    if (now !== then && !(isFirst && then !== undefined && now === undefined)) {
      errors.push(FieldError.immutable(root("metadata", "annotations", classAnnotation), now ?? ""));
    }
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
    const [size, oldSize] = [amount(spec.resources?.requests?.["storage"]), amount(storage)];
    if (size.compare(oldSize) < 0 && size.compare(amount(capacity?.["storage"])) <= 0) {
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
function dropUnsupportedSource(spec: PersistentVolumeClaimSpec, before?: Readonly<PersistentVolumeClaimSpec>): void {
  if (spec.dataSourceRef?.namespace && !before?.dataSourceRef) delete spec.dataSourceRef;
  // What an older client leaves out of what is there is not taken for wrong.
  if (before?.dataSource || before?.dataSourceRef) return;
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

export function validateClaimSpec(
  spec: PersistentVolumeClaimSpec,
  path: Path,
  errors: FieldError[],
  checksGroups = true,
): void {
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
  validateSources(spec, path, checksGroups, errors);
}

/** The mode of one Pod goes with no other. */
export function requireAccessModesAlone(modes: readonly string[], path: Path, errors: FieldError[]): void {
  if (modes.includes(alone) && modes.some((mode) => mode !== alone && accessModes.includes(mode))) {
    errors.push(FieldError.forbidden(path, `may not use ${alone} with other access modes`));
  }
}

/** What the volume is filled from, which two fields tell. */
function validateSources(
  { dataSource, dataSourceRef }: PersistentVolumeClaimSpec,
  path: Path,
  checksGroups: boolean,
  errors: FieldError[],
): void {
  if (dataSource) validateSource(dataSource, path.child("dataSource"), checksGroups, errors);
  if (dataSourceRef) validateSource(dataSourceRef, path.child("dataSourceRef"), checksGroups, errors);
  const { namespace } = dataSourceRef ?? {};
  if (namespace) checkText(namespace, path.child("dataSourceRef", "namespace"), checkDns1123Label, errors);
  if (!dataSource || !dataSourceRef) return;
  if (namespace) {
    errors.push(FieldError.invalid(path, {}, "may not be specified when dataSourceRef.namespace is specified"));
  } else if ((["apiGroup", "kind", "name"] as const).some((part) => dataSource[part] !== dataSourceRef[part])) {
    errors.push(FieldError.invalid(path, {}, "must match dataSourceRef"));
  }
}

function validateSource(
  { apiGroup, kind, name }: TypedLocalObjectReference,
  path: Path,
  checksGroup: boolean,
  errors: FieldError[],
): void {
  requireText(name, path.child("name"), errors);
  requireText(kind, path.child("kind"), errors);
  if (apiGroup) {
    if (checksGroup) checkText(apiGroup, path.child("apiGroup"), checkDns1123Subdomain, errors);
  } else if (kind !== "PersistentVolumeClaim") {
    const detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
    errors.push(FieldError.invalid(path, kind ?? "", detail));
  }
}
