import { findCondition, isConditionTrue } from "../../../api/meta/conditions.ts";
import { parseTime } from "../../../api/meta/time.ts";
import type { Job } from "../../../api/types/batch_v1.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import { isActive } from "../shared/pod_state.ts";
import { parseIndexes } from "./indexes.ts";
import { isIndexed } from "./pods.ts";
import { type Tally, totals } from "./tally.ts";

/** How a Job is going to end. Its running Pods are stopped first; only then it is Complete or Failed. */
export interface Outcome {
  readonly success: boolean;
  readonly reason: string;
  readonly message: string;
}

const targets = { SuccessCriteriaMet: true, FailureTarget: false } as const;
const defaultBackoffLimit = 6;

export function isFinished({ status }: Job): boolean {
  return isConditionTrue(status?.conditions, "Complete") || isConditionTrue(status?.conditions, "Failed");
}

/** Undefined while the Job goes on. What was decided once stays. Reasons are upstream's. */
export function outcomeOf(job: Job, pods: readonly Pod[], counted: Tally, now: number): Outcome | undefined {
  for (const [type, success] of Object.entries(targets)) {
    const condition = findCondition(job.status?.conditions, type);
    if (condition?.status === "True") {
      return { success, reason: condition.reason ?? "", message: condition.message ?? "" };
    }
  }
  return failure(job, pods, counted, now) ?? success(job, pods, counted);
}

function failure(job: Job, pods: readonly Pod[], counted: Tally, now: number): Outcome | undefined {
  const { spec } = job;
  const fail = (reason: string, message: string): Outcome => ({ success: false, reason, message });
  if (counted.fatal !== undefined) return fail("PodFailurePolicy", counted.fatal.message);
  // With a limit for each index, the one for all holds only when it is given.
  const limit = spec.backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? defaultBackoffLimit : Infinity);
  if (totals(counted).failed > limit || restartsExceed(job, pods, limit)) {
    return fail("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  }
  if (untilDeadline(job, now) === 0) return fail("DeadlineExceeded", "Job was active longer than specified deadline");
  const { failedIndexes, completedIndexes } = counted;
  if (failedIndexes.size > (spec.maxFailedIndexes ?? Infinity)) {
    return fail("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes");
  }
  if (failedIndexes.size > 0 && failedIndexes.size + completedIndexes.size >= (spec.completions ?? 0)) {
    return fail("FailedIndexes", "Job has failed indexes");
  }
  return undefined;
}

function success(job: Job, pods: readonly Pod[], counted: Tally): Outcome | undefined {
  const { completions, successPolicy } = job.spec;
  const rule = isIndexed(job)
    ? (successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
      const wanted = succeededIndexes === undefined ? undefined : parseIndexes(succeededIndexes, completions ?? 0);
      const met = [...counted.completedIndexes].filter((index) => wanted?.has(index) ?? true).length;
      return met >= (succeededCount ?? wanted?.size ?? Infinity);
    })
    : -1;
  if (rule >= 0) return { success: true, reason: "SuccessPolicy", message: `Matched rules at index ${rule}` };
  const { succeeded } = totals(counted);
  // Without a number of completions, one success says that the work is done, and the other Pods come to their own end.
  const isReached = completions === undefined ? succeeded > 0 && !pods.some(isUnfinished) : succeeded >= completions;
  if (!isReached) return undefined;
  return { success: true, reason: "CompletionsReached", message: "Reached expected number of succeeded pods" };
}

function isUnfinished({ status }: Pod): boolean {
  return status?.phase !== "Succeeded" && status?.phase !== "Failed";
}

/** Containers that are restarted in place count like Pods that fail. */
function restartsExceed(job: Job, pods: readonly Pod[], limit: number): boolean {
  if (job.spec.template.spec.restartPolicy !== "OnFailure") return false;
  let restarts = 0;
  for (const { status } of pods.filter(isActive)) {
    const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
    for (const { restartCount } of containers) restarts += restartCount;
  }
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

/** Milliseconds; 0 once it has passed, undefined when there is none or the Job has not started. */
export function untilDeadline({ spec, status }: Job, now: number): number | undefined {
  const { activeDeadlineSeconds, suspend } = spec;
  if (activeDeadlineSeconds === undefined || suspend || !status?.startTime) return undefined;
  return Math.max(parseTime(status.startTime) + activeDeadlineSeconds * 1000 - now, 0);
}
