import { FieldError, root } from "../../../api/meta/field.ts";
import type { CronJob, CronJobSpec } from "../../../api/types/batch_v1.ts";
import { scheduleProblem } from "./cron_schedule.ts";
import { timeZoneProblems } from "./cron_time_zone.ts";
import { checkText, requireNotNegative, requireOneOf, requireText } from "./checks.ts";
import { defaultJobTemplate, jobSpecWarnings, validateJobTemplate } from "./job.ts";
import { dropDisabledTemplateFields } from "./pod_defaults.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";
import { podNameWarnings } from "./workload_warnings.ts";

/** Its Jobs are called by its name and eleven characters more. */
const maxNameLength = 52;

export const cronJobStrategy: Strategy<CronJob> = {
  generationFields: ["spec"],
  defaults({ spec }) {
    spec.concurrencyPolicy ??= "Allow";
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    // The rest of the Job is settled when there is one.
    defaultJobTemplate(spec.jobTemplate?.spec);
  },
  prepareForCreate: ({ spec }) => dropDisabledTemplateFields(spec.jobTemplate?.spec?.template),
  prepareForUpdate: ({ spec }) => dropDisabledTemplateFields(spec.jobTemplate?.spec?.template),
  validate({ spec }) {
    const errors: FieldError[] = [];
    requireNotNegative(spec.startingDeadlineSeconds, specPath.child("startingDeadlineSeconds"), errors);
    requireOneOf(spec.concurrencyPolicy, specPath.child("concurrencyPolicy"), ["Allow", "Forbid", "Replace"], errors);
    requireNotNegative(spec.successfulJobsHistoryLimit, specPath.child("successfulJobsHistoryLimit"), errors);
    requireNotNegative(spec.failedJobsHistoryLimit, specPath.child("failedJobsHistoryLimit"), errors);
    validateJobTemplate(spec.jobTemplate?.spec, specPath.child("jobTemplate", "spec"), errors);
    return errors;
  },
  validateCreate({ metadata: { name = "" }, spec }) {
    const errors = validateTimes(spec);
    if (name.length <= maxNameLength) return errors;
    const detail = `must be no more than ${maxNameLength} characters`;
    return [...errors, FieldError.invalid(root("metadata", "name"), name, detail)];
  },
  validateUpdate: ({ spec }, old) => validateTimes(spec, old.spec),
  warnings(job, old) {
    const { spec } = job;
    const path = specPath.child("jobTemplate", "spec");
    if (old === undefined) return [...podNameWarnings(job), ...jobSpecWarnings(spec.jobTemplate.spec, path)];
    return [
      ...job.metadata.generation === old.metadata.generation ? [] : jobSpecWarnings(spec.jobTemplate.spec, path),
      ...hasZone(spec) ? [zoneWarning] : [],
    ];
  },
};

// The path is upstream's, though there is no such field.
const zoneWarning = "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, " +
  "see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details";

/** What was stored before there were rules for time zones may stay. */
function validateTimes(spec: CronJobSpec, before?: CronJobSpec): FieldError[] {
  const errors: FieldError[] = [];
  const { schedule, timeZone } = spec;
  const path = specPath.child("schedule");
  if (requireText(schedule, path, errors)) {
    const problem = scheduleProblem(schedule);
    if (problem !== undefined) errors.push(FieldError.invalid(path, schedule, problem));
    if (hasZone(spec) && before && hasZone(before)) {
      const detail = "cannot use both timeZone field and TZ or CRON_TZ in schedule";
      if (timeZone !== undefined) errors.push(FieldError.invalid(path, schedule, detail));
    } else if (hasZone(spec)) {
      const detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
      errors.push(FieldError.invalid(path, schedule, detail));
    }
  }
  if (timeZone !== undefined && timeZone !== before?.timeZone) {
    checkText(timeZone, specPath.child("timeZone"), timeZoneProblems, errors);
  }
  return errors;
}

function hasZone({ schedule }: CronJobSpec): boolean {
  return schedule.includes("TZ");
}
