import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, type Path } from "../../../api/meta/field.ts";
import type { Job, JobSpec } from "../../../api/types/batch_v1.ts";
import { validateJobRestartPolicy, validateJobSettings } from "./job_validation.ts";
import { defaultPodTemplate } from "./pod_defaults.ts";
import { validatePodTemplate } from "./pod_validation.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";
import { validateSelectorAndTemplate } from "./workload_checks.ts";

const uidLabel = "batch.kubernetes.io/controller-uid";
const nameLabel = "batch.kubernetes.io/job-name";
const legacyUidLabel = "controller-uid";
const legacyNameLabel = "job-name";
const immutable = [
  "selector",
  "completionMode",
  "podFailurePolicy",
  "backoffLimitPerIndex",
  "managedBy",
  "successPolicy",
] as const;
/** More completions than this with more Pods at once than that, and what failed may not fit into the status. */
const [manyCompletions, manyPods] = [100_000, 10_000];

export const jobStrategy: Strategy<Job> = {
  generationFields: ["spec"],
  dependents: "orphan",
  deletionWarning:
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them " +
    "or set propagationPolicy=Orphan to suppress this warning",
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
    metadata.labels ??= { ...templateMetadata.labels };
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    validateJobSettings(spec, specPath, errors);
    validateSelectorAndTemplate(spec, "job", undefined, errors);
    validateJobRestartPolicy(spec, specPath, errors);
    return errors;
  },
  validateUpdate({ spec }, { spec: before, status }) {
    const errors: FieldError[] = [];
    const isIndexed = spec.completionMode === "Indexed";
    if (spec.completions !== before.completions && !(isIndexed && spec.completions === undefined)) {
      const at = specPath.child("completions");
      if (!isIndexed) errors.push(FieldError.immutable(at, spec.completions ?? null));
      else if (spec.completions !== spec.parallelism) {
        const detail = "can only be modified in tandem with spec.parallelism";
        errors.push(FieldError.invalid(at, spec.completions, detail));
      }
    }
    for (const field of immutable) {
      if (deepEqual(spec[field], before[field])) continue;
      errors.push(FieldError.immutable(specPath.child(field), spec[field] ?? null));
    }
    // A suspended Job that never ran may still be told where to run.
    const mayMove = before.suspend && status?.startTime === undefined;
    if (!mayMove && !deepEqual(spec.template, before.template)) {
      errors.push(FieldError.immutable(specPath.child("template"), spec.template));
    }
    return errors;
  },
  warnings: ({ spec: { completionMode, completions = 0, parallelism = 0 } }) =>
    completionMode === "Indexed" && completions > manyCompletions && parallelism > manyPods
      ? [
        "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, " +
        "Kubernetes might not be able to track completedIndexes when a big number of indexes fail",
      ]
      : [],
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
  defaultJobTemplate(spec);
}

/** The defaults that a Job's spec has where there is no Job yet. */
export function defaultJobTemplate(spec: JobSpec | undefined): void {
  for (const { onPodConditions = [] } of spec?.podFailurePolicy?.rules ?? []) {
    for (const pattern of onPodConditions) pattern.status ||= "True";
  }
  defaultPodTemplate(spec?.template);
}

/** A Job's spec where there is no Job yet: its selector is made with it. */
export function validateJobTemplate(spec: JobSpec, path: Path, errors: FieldError[]): void {
  validateJobSettings(spec, path, errors);
  validatePodTemplate(spec.template, path.child("template"), errors);
  validateJobRestartPolicy(spec, path, errors);
  if (spec.manualSelector) errors.push(FieldError.notSupported(path.child("manualSelector"), true, ["nil", "false"]));
}
