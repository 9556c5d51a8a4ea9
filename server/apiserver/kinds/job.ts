import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, type Path } from "../../../api/meta/field.ts";
import type { Job, JobSpec } from "../../../api/types/batch_v1.ts";
import { requireNotNegative, requireOneOf } from "./checks.ts";
import { defaultPodTemplate } from "./pod_defaults.ts";
import { validatePodTemplate } from "./pod_validation.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";
import { validateSelectorAndTemplate } from "./workload_checks.ts";

const uidLabel = "batch.kubernetes.io/controller-uid";
const nameLabel = "batch.kubernetes.io/job-name";
const legacyUidLabel = "controller-uid";
const legacyNameLabel = "job-name";
const counts = [
  "parallelism",
  "completions",
  "backoffLimit",
  "activeDeadlineSeconds",
  "ttlSecondsAfterFinished",
  "backoffLimitPerIndex",
  "maxFailedIndexes",
] as const;
const restartPolicies = ["OnFailure", "Never"];

export const jobStrategy: Strategy<Job> = {
  generationFields: ["spec"],
  dependents: "orphan",
  defaults({ spec, metadata }) {
    const labels = spec.template?.metadata?.labels;
    // A Job that says nothing of labels has those of its Pods, and what they get later on: it is one map.
    if (labels) metadata.labels ??= labels;
    defaultJobSpec(spec);
    spec.manualSelector ??= false;
  },
  prepareForCreate({ metadata, spec }) {
    if (spec.manualSelector) return;
    // Two Jobs of the same template must not take each other's Pods: each selects by its own uid.
    const [uid, name] = [metadata.uid ?? "", metadata.name || metadata.generateName || ""];
    const templateMetadata = spec.template.metadata ??= {};
    Object.assign(templateMetadata.labels ??= {}, {
      [legacyNameLabel]: name,
      [nameLabel]: name,
      [legacyUidLabel]: uid,
      [uidLabel]: uid,
    });
    const selector = spec.selector ??= {};
    selector.matchLabels = { ...selector.matchLabels, [uidLabel]: uid };
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    validateJobCounts(spec, specPath, errors);
    validateSelectorAndTemplate(spec, restartPolicies, errors);
    return errors;
  },
  validateUpdate({ spec }, { spec: before, status }) {
    const errors: FieldError[] = [];
    if (!deepEqual(spec.selector, before.selector)) {
      errors.push(FieldError.immutable(specPath.child("selector"), spec.selector ?? null));
    }
    for (
      const field of ["completions", "completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy"] as const
    ) {
      const elastic = field === "completions" && spec.completionMode === "Indexed" &&
        spec.completions === spec.parallelism;
      if (!elastic && !deepEqual(spec[field], before[field])) {
        errors.push(FieldError.immutable(specPath.child(field), spec[field] ?? null));
      }
    }
    // A suspended Job that never ran may still be told where to run.
    const mayMove = before.suspend && status?.startTime === undefined;
    if (!mayMove && !deepEqual(spec.template, before.template)) {
      errors.push(FieldError.immutable(specPath.child("template"), spec.template));
    }
    return errors;
  },
  warnings({ spec }) {
    const pods = Math.max(spec.parallelism ?? 0, spec.completions ?? 0);
    return spec.completionMode === "Indexed" && pods > 100_000
      ? ["In Indexed Jobs with a number of completions higher than 10^5, the performance is not guaranteed"]
      : [];
  },
  fields: {
    "status.successful": ({ status }) => String(status?.succeeded ?? 0),
  },
};

function defaultJobSpec(spec: JobSpec): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = spec.parallelism = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2 ** 31 - 1;
  spec.completionMode ??= "NonIndexed";
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? "Failed" : "TerminatingOrFailed";
  for (const { onPodConditions = [] } of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of onPodConditions) pattern.status ||= "True";
  }
  defaultPodTemplate(spec.template);
}

function validateJobCounts(spec: JobSpec, path: Path, errors: FieldError[]): void {
  for (const field of counts) requireNotNegative(spec[field], path.child(field), errors);
  requireOneOf(spec.completionMode, path.child("completionMode"), ["NonIndexed", "Indexed"], errors);
  if (spec.completionMode === "Indexed" && spec.completions === undefined) {
    errors.push(FieldError.required(path.child("completions"), "when completion mode is Indexed"));
  }
  const policies = spec.podFailurePolicy ? ["Failed"] : ["Failed", "TerminatingOrFailed"];
  requireOneOf(spec.podReplacementPolicy, path.child("podReplacementPolicy"), policies, errors);
}

/** A Job's spec where there is no Job yet: its selector is made with it. */
export function validateJobTemplate(spec: JobSpec, path: Path, errors: FieldError[]): void {
  validateJobCounts(spec, path, errors);
  validatePodTemplate(spec.template, path.child("template"), errors);
  const at = path.child("template", "spec", "restartPolicy");
  requireOneOf(spec.template?.spec?.restartPolicy, at, restartPolicies, errors);
  if (spec.manualSelector) errors.push(FieldError.notSupported(path.child("manualSelector"), true, ["nil", "false"]));
}
