/** What the status of a Job may say: clients rely on it, whoever writes it (spec.managedBy). */
import { isConditionTrue } from "../../../api/meta/conditions.ts";
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, root } from "../../../api/meta/field.ts";
import { goValue } from "../../../api/schema/go_value.ts";
import type { Job, JobSpec, JobStatus } from "../../../api/types/batch_v1.ts";
import { requireNotNegative } from "./checks.ts";
import { contradictions, type Facts, factsOf, rules } from "./job_status_rules.ts";
import { countIndexes, IndexesError, overlapOf } from "./job_indexes.ts";

const counts = ["active", "succeeded", "failed", "ready", "terminating"] as const;
const path = root("status");

export function validateJobStatus({ spec, status = {} }: Job, { status: old = {} }: Readonly<Job>): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of counts) requireNotNegative(status[field], path.child(field), errors);
  validateUncounted(status, errors);
  const [now, before] = [factsOf(status), factsOf(old)];
  const changes = (fact: keyof Facts) => !deepEqual(now[fact], before[fact]);
  for (const { on, at, tells, detail, isBroken } of rules) {
    if (!on.some(changes) || !isBroken(now, spec)) continue;
    errors.push(
      tells === "required"
        ? FieldError.required(path.child(at), detail)
        : FieldError.invalid(path.child(at), tells === "value" ? printed(at, status) : undefined, detail),
    );
  }
  validateIndexes(spec, now, changes, errors);
  for (const [detail, isBroken] of contradictions) {
    if (isBroken(now, spec)) errors.push(FieldError.invalid(path.child("conditions"), undefined, detail));
  }
  validateCourse(spec, [status, now], [old, before], errors);
  return errors;
}

function printed(field: keyof JobStatus, status: JobStatus): unknown {
  return field === "uncountedTerminatedPods"
    ? goValue("io.k8s.api.batch.v1.UncountedTerminatedPods", status[field])
    : status[field];
}

/** One Pod counts once. */
function validateUncounted({ uncountedTerminatedPods = {} }: JobStatus, errors: FieldError[]): void {
  const seen = new Set<string>();
  for (const list of ["succeeded", "failed"] as const) {
    for (const [index, uid] of (uncountedTerminatedPods[list] ?? []).entries()) {
      const at = path.child("uncountedTerminatedPods", list).index(index);
      if (uid === "") errors.push(FieldError.invalid(at, uid, "must not be empty"));
      else if (seen.has(uid)) errors.push(FieldError.duplicate(at, uid));
      seen.add(uid);
    }
  }
}

function validateIndexes(
  { completions, backoffLimitPerIndex }: JobSpec,
  { completedIndexes, failedIndexes }: Facts,
  changes: (fact: keyof Facts) => boolean,
  errors: FieldError[],
): void {
  if (completions === undefined) return;
  const check = (field: "completedIndexes" | "failedIndexes", text: string) => {
    try {
      countIndexes(text, completions);
    } catch (error) {
      if (!(error instanceof IndexesError)) throw error;
      errors.push(FieldError.invalid(path.child(field), text, `error parsing ${field}: ${error.message}`));
    }
  };
  if (changes("completedIndexes")) check("completedIndexes", completedIndexes);
  if (failedIndexes === undefined) return;
  if (changes("failedIndexes") && backoffLimitPerIndex !== undefined) check("failedIndexes", failedIndexes);
  if (!changes("failedIndexes") && !changes("completedIndexes")) return;
  const overlap = overlapOf(completedIndexes, failedIndexes, completions);
  if (overlap === undefined) return;
  const detail = `failedIndexes and completedIndexes overlap at index: ${overlap}`;
  errors.push(FieldError.invalid(path.child("failedIndexes"), failedIndexes, detail));
}

/** An end is one for good, and what is counted stays counted. */
function validateCourse(
  { completionMode, completions, parallelism, suspend }: JobSpec,
  [status, now]: readonly [JobStatus, Facts],
  [old, before]: readonly [JobStatus, Facts],
  errors: FieldError[],
): void {
  const refuse = (field: keyof JobStatus, value: unknown, detail: string) =>
    errors.push(FieldError.invalid(path.child(field), value, detail));
  for (const type of ["Failed", "Complete", "FailureTarget"] as const) {
    if (before[type] && !now[type]) {
      refuse("conditions", undefined, `cannot disable the terminal ${type}=True condition`);
    }
  }
  // An Indexed Job that has as many Pods as completions may be made smaller.
  const mayShrink = completionMode === "Indexed" && completions === parallelism;
  for (const count of mayShrink ? ["failed"] as const : ["failed", "succeeded"] as const) {
    const value = status[count] ?? 0;
    if (value < (old[count] ?? 0)) refuse(count, value, `cannot decrease the ${count} counter`);
  }
  if (
    before.completionTime !== undefined && now.completionTime !== undefined &&
    now.completionTime !== before.completionTime
  ) refuse("completionTime", status.completionTime, "field is immutable");
  // The clock starts anew when a Job is resumed, of which the spec may tell before the status does.
  const isResumed = isConditionTrue(old.conditions, "Suspended") &&
    status.conditions?.some(({ type, status }) => type === "Suspended" && status === "False");
  if (before.startTime !== undefined && now.startTime !== before.startTime && !suspend && !isResumed) {
    refuse("startTime", status.startTime ?? null, "field is immutable for unsuspended job once set");
  }
  if (before.SuccessCriteriaMet && !now.SuccessCriteriaMet) {
    refuse("conditions", undefined, "cannot disable the SuccessCriteriaMet=True condition");
  }
  if (before.Complete && !before.SuccessCriteriaMet && now.SuccessCriteriaMet) {
    const detail = "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions";
    refuse("conditions", undefined, detail);
  }
}
