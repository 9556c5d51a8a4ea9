import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, root } from "../../../api/meta/field.ts";
import { formatTime } from "../../../api/meta/time.ts";
import { goValue } from "../../../api/schema/go_value.ts";
import type {
  NodeSelectorRequirement,
  PersistentVolume,
  PersistentVolumeSpec,
  VolumeNodeAffinity,
} from "../../../api/types/core_v1.ts";
import { own } from "./checks.ts";
import { sourceOf } from "./persistent_volume_sources.ts";
import { validatePersistentVolume } from "./persistent_volume_validation.ts";
import { persistentVolumeWarnings } from "./persistent_volume_warnings.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";
import { defaultSource } from "./volume_defaults.ts";

const mountOptions = "volume.beta.kubernetes.io/mount-options";
/** Types of volumes whose options for mounting may be given by that annotation. */
const mountable = [
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "glusterfs",
  "nfs",
  "rbd",
  "quobyte",
  "iscsi",
  "cinder",
  "cephfs",
  "azureFile",
  "vsphereVolume",
  "azureDisk",
  "photonPersistentDisk",
] as const;

/** Labels that a node selector may exchange for their successors. */
const successors: Readonly<Record<string, string>> = {
  "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
  "beta.kubernetes.io/os": "kubernetes.io/os",
  "beta.kubernetes.io/arch": "kubernetes.io/arch",
  "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
};

export const persistentVolumeStrategy: Strategy<PersistentVolume> = {
  defaults({ spec }) {
    spec.persistentVolumeReclaimPolicy ??= "Retain";
    spec.volumeMode ??= "Filesystem";
    defaultSource(spec);
  },
  prepareForCreate(volume) {
    const { creationTimestamp: lastPhaseTransitionTime } = volume.metadata;
    volume.status = { phase: "Pending", ...lastPhaseTransitionTime && { lastPhaseTransitionTime } };
  },
  defaultStatus(volume) {
    volume.status = { ...volume.status, phase: volume.status?.phase ?? "Pending" };
  },
  prepareForStatusUpdate(volume, { status: { phase, lastPhaseTransitionTime: before } = {} }, now) {
    const status = volume.status ??= {};
    const { lastPhaseTransitionTime: given } = status;
    if (status.phase !== phase) {
      if (given === undefined || given === before) status.lastPhaseTransitionTime = formatTime(now);
    } else if (given === undefined && before !== undefined) status.lastPhaseTransitionTime = before;
  },
  warnings: persistentVolumeWarnings,
  validate(volume) {
    const errors = validate(volume);
    const { metadata: { annotations }, spec } = volume;
    if (annotations?.[mountOptions] !== undefined && mountable.every((source) => spec[source] === undefined)) {
      const at = root("metadata", "annotations", mountOptions);
      errors.push(FieldError.forbidden(at, "may not specify mount options for this volume type"));
    }
    return errors;
  },
  validateUpdate(volume, { spec: before }) {
    // Upstream asks twice on the way of an update, and tells twice.
    const errors = validate(volume);
    const { spec } = volume;
    if (!deepEqual(sourceOf(withoutNewSecret(spec, before)), sourceOf(before))) {
      const at = specPath.child("persistentvolumesource");
      errors.push(FieldError.forbidden(at, "spec.persistentvolumesource is immutable after creation"));
    }
    if (spec.volumeMode !== before.volumeMode) {
      errors.push(FieldError.immutable(root("volumeMode"), spec.volumeMode ?? null));
    }
    if (before.nodeAffinity && !deepEqual(spec.nodeAffinity, withSuccessors(before.nodeAffinity, spec.nodeAffinity))) {
      const shown = goValue("io.k8s.api.core.v1.VolumeNodeAffinity", spec.nodeAffinity);
      const detail = "field is immutable, except for updating from beta label to GA";
      errors.push(FieldError.invalid(root("nodeAffinity"), shown, detail));
    }
    if (before.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
      const at = specPath.child("volumeAttributesClassName");
      errors.push(FieldError.forbidden(at, "update from non-nil value to nil is forbidden"));
    }
    return errors;
  },
};

function validate({ metadata, spec }: PersistentVolume): FieldError[] {
  const errors: FieldError[] = [];
  validatePersistentVolume(spec, metadata.name ?? "", specPath, errors);
  return errors;
}

/** A secret for its expansion may still be named. */
function withoutNewSecret(spec: PersistentVolumeSpec, before: PersistentVolumeSpec): PersistentVolumeSpec {
  if (!spec.csi || !before.csi || before.csi.controllerExpandSecretRef) return spec;
  const { controllerExpandSecretRef: _, ...csi } = spec.csi;
  return { ...spec, csi };
}

/** The old affinity, with those labels replaced that the new one has replaced in the same place. */
function withSuccessors(before: VolumeNodeAffinity, now: VolumeNodeAffinity | undefined): VolumeNodeAffinity {
  const terms = before.required?.nodeSelectorTerms;
  if (!terms) return before;
  const renamed = (
    requirements: readonly NodeSelectorRequirement[] | undefined,
    others: readonly NodeSelectorRequirement[] | undefined,
  ) =>
    requirements?.map((requirement, index) => {
      // Upstream takes "no key" for the successor of whatever has none.
      const key = own(successors, requirement.key) ?? "";
      return others?.[index]?.key === key ? { ...requirement, key } : requirement;
    });
  const nodeSelectorTerms = terms.map((term, index) => {
    const matchExpressions = renamed(
      term.matchExpressions,
      now?.required?.nodeSelectorTerms?.[index]?.matchExpressions,
    );
    return { ...term, ...matchExpressions && { matchExpressions } };
  });
  return { ...before, required: { ...before.required, nodeSelectorTerms } };
}
