import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import { checkDns1123Label } from "../../../api/meta/names.ts";
import { goValue } from "../../../api/schema/go_value.ts";
import type { Job, JobSpec } from "../../../api/types/batch_v1.ts";
import { generateLabels, hasPrefixedLabels, validateGeneratedLabels } from "./job_labels.ts";
import { validateJobStatus } from "./job_status_validation.ts";
import { validateJobSpecUpdate } from "./job_update_validation.ts";
import { validateJobRestartPolicy, validateJobSettings } from "./job_validation.ts";
import { labelSelector } from "./checks.ts";
import { defaultPodTemplate, dropDisabledTemplateFields } from "./pod_defaults.ts";
import { validatePodTemplate } from "./pod_validation.ts";
import { podTemplateWarnings } from "./pod_warnings.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";
import { validateSelectorAndTemplate } from "./workload_checks.ts";
import { podNameWarnings } from "./workload_warnings.ts";

/** More completions than this with more Pods at once than that, and what failed may not fit into the status. */
const [manyCompletions, manyPods] = [100_000, 10_000];

export const jobStrategy: Strategy<Job> = {
  generationFields: ["spec"],
  dependents: "orphan",
  dependentsWarning: "child pods are preserved by default when jobs are deleted; " +
    "set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning",
  defaults({ spec, metadata }) {
    const labels = spec.template?.metadata?.labels;
    // A Job that says nothing of labels has those of its Pods, and what they get later on: it is one map.
    if (labels) metadata.labels ??= labels;
    defaultJobSpec(spec);
    spec.manualSelector ??= false;
  },
  prepareForCreate(job) {
    dropDisabledTemplateFields(job.spec.template);
    generateLabels(job);
  },
  prepareForUpdate: ({ spec }) => dropDisabledTemplateFields(spec.template),
  validate: ({ metadata: { name = "" }, spec }) => [...validateJobSpec(spec), ...validateHostnames(name, spec)],
  validateCreate: (job) => validateGeneratedLabels(job, true),
  validateUpdate: (job, old) => [
    ...validateGeneratedLabels(job, hasPrefixedLabels(old)),
    // Told twice, as upstream does, whose check of an update begins with what has been checked before.
    ...validateJobSpec(job.spec),
    ...validateJobSpecUpdate(job, old),
  ],
  validateStatusUpdate: validateJobStatus,
  warnings(job, old) {
    if (old === undefined) return [...podNameWarnings(job), ...jobSpecWarnings(job.spec, specPath)];
    return job.metadata.generation === old.metadata.generation ? [] : jobSpecWarnings(job.spec, specPath);
  },
  fields: {
    "status.successful": ({ status }) => String(status?.succeeded ?? 0),
  },
};

function validateJobSpec(spec: JobSpec): FieldError[] {
  const errors: FieldError[] = [];
  validateJobSettings(spec, specPath, errors);
  validateSelectorAndTemplate(spec, { needsSelector: true }, errors);
  validateJobRestartPolicy(spec, specPath, errors);
  return errors;
}

/** Pods of an Indexed Job are called by their index, in their host names too. */
function validateHostnames(name: string, { completionMode, completions = 0 }: JobSpec): FieldError[] {
  if (completionMode !== "Indexed" || completions <= 0) return [];
  const last = `${name}-${completions - 1}`;
  if (checkDns1123Label(last).length === 0) return [];
  const detail = `will not able to create pod with invalid DNS label: ${last}`;
  return [FieldError.invalid(root("metadata", "name"), name, detail)];
}

export function jobSpecWarnings(spec: JobSpec, path: Path): string[] {
  const { completionMode, completions = 0, parallelism = 0 } = spec;
  const isMuch = completionMode === "Indexed" && completions > manyCompletions && parallelism > manyPods;
  return [
    ...isMuch
      ? [
        `${path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, ` +
        "Kubernetes might not be able to track completedIndexes when a big number of indexes fail",
      ]
      : [],
    ...podTemplateWarnings(spec.template, path.child("template")),
  ];
}

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
  const { selector } = spec;
  if (selector !== undefined) {
    const detail = "`selector` will be auto-generated";
    errors.push(FieldError.invalid(path.child("selector"), goValue(labelSelector, selector), detail));
  }
  if (spec.manualSelector) errors.push(FieldError.notSupported(path.child("manualSelector"), true, ["nil", "false"]));
}
