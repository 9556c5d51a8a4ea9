import { FieldError } from "../../../api/meta/field.ts";
import { checkDns1123Subdomain } from "../../../api/meta/names.ts";
import type { CronJob } from "../../../api/types/batch_v1.ts";
import { scheduleProblem } from "./cron_schedule.ts";
import { requireNotNegative, requireOneOf, requireText } from "./checks.ts";
import { defaultJobTemplate, validateJobTemplate } from "./job.ts";
import { dropDisabledTemplateFields } from "./pod_defaults.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

/** Its Jobs are called by its name and eleven characters more. */
const maxNameLength = 52;

export const cronJobStrategy: Strategy<CronJob> = {
  generationFields: ["spec"],
  checkName(name) {
    const errors = checkDns1123Subdomain(name);
    return name.length > maxNameLength ? [...errors, `must be no more than ${maxNameLength} characters`] : errors;
  },
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
    if (requireText(spec.schedule, specPath.child("schedule"), errors)) validateSchedule(spec, errors);
    requireNotNegative(spec.startingDeadlineSeconds, specPath.child("startingDeadlineSeconds"), errors);
    requireOneOf(spec.concurrencyPolicy, specPath.child("concurrencyPolicy"), ["Allow", "Forbid", "Replace"], errors);
    requireNotNegative(spec.successfulJobsHistoryLimit, specPath.child("successfulJobsHistoryLimit"), errors);
    requireNotNegative(spec.failedJobsHistoryLimit, specPath.child("failedJobsHistoryLimit"), errors);
    validateJobTemplate(spec.jobTemplate?.spec, specPath.child("jobTemplate", "spec"), errors);
    return errors;
  },
};

function validateSchedule({ schedule, timeZone }: CronJob["spec"], errors: FieldError[]): void {
  const path = specPath.child("schedule");
  if (/TZ=/.test(schedule)) {
    const detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
    errors.push(FieldError.invalid(path, schedule, detail));
  } else {
    const problem = scheduleProblem(schedule);
    if (problem !== undefined) errors.push(FieldError.invalid(path, schedule, problem));
  }
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    errors.push(FieldError.invalid(specPath.child("timeZone"), timeZone, `unknown time zone ${timeZone}`));
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return name !== "Local";
  } catch {
    return false;
  }
}
