import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { findCondition, isConditionTrue, setCondition } from "../../../api/meta/conditions.ts";
import { formatTime } from "../../../api/meta/time.ts";
import type { Job, JobCondition, JobStatus } from "../../../api/types/batch_v1.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import { isActive, isReady, isTerminal } from "../shared/pod_state.ts";
import { isFinished, type Outcome, outcomeOf, untilDeadline } from "./outcome.ts";
import { isTracked } from "./pods.ts";
import { countedPods, type Tally, tally, tallyStatus } from "./tally.ts";
import { planPods, type PodPlan } from "./wanted_pods.ts";

export interface JobEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/** What to do next for a Job, in this order. */
export interface Step {
  /** To be stored; undefined when it is what is stored already. */
  readonly status: JobStatus | undefined;
  readonly events: readonly JobEvent[];
  /** Pods that are counted in the status, and lose their finalizer. */
  readonly release: readonly Pod[];
  readonly pods: PodPlan;
  /** Milliseconds until the next step is due though nothing happens. */
  readonly wait: number | undefined;
}

const nothing: PodPlan = { create: [], remove: [] };

/** Pure. `pods` are those that the Job controls. */
export function jobStep(job: Job, pods: readonly Pod[], now: number): Step {
  if (isFinished(job) || job.metadata.deletionTimestamp !== undefined) {
    const release = pods.filter(isTracked);
    return { status: undefined, events: [], release, pods: nothing, wait: undefined };
  }
  const started = withStart(job, now);
  const counted = tally(started, pods);
  const outcome = outcomeOf(started, pods, counted, now);
  const plan: PodPlan = outcome === undefined
    ? planPods(started, pods, counted, now)
    : { create: [], remove: pods.filter(isActive) };
  const { status, events } = nextStatus(outcome ? withoutGap(started, job, now) : started, pods, counted, outcome, now);
  const waits = [plan.wait, untilDeadline(started, now)].filter((wait) => wait !== undefined && wait > 0);
  return {
    status: deepEqual(status, job.status) ? undefined : status,
    events,
    release: countedPods(started, counted, pods),
    pods: plan,
    wait: waits.length === 0 ? undefined : Math.min(...waits as number[]),
  };
}

/** Suspending stops the clock of `activeDeadlineSeconds`, resuming starts it anew. */
function withStart(job: Job, now: number): Job {
  const { startTime, ...status } = job.status ?? {};
  if (job.spec.suspend) return startTime === undefined ? job : { ...job, status };
  return startTime === undefined ? { ...job, status: { ...status, startTime: formatTime(now) } } : job;
}

/** A Job that ends has begun once, even if that was while it was about to be suspended. */
function withoutGap(started: Job, { status }: Job, now: number): Job {
  return { ...started, status: { startTime: status?.startTime ?? formatTime(now), ...started.status } };
}

function nextStatus(
  job: Job,
  pods: readonly Pod[],
  counted: Tally,
  outcome: Outcome | undefined,
  now: number,
): { status: JobStatus; events: JobEvent[] } {
  const events: JobEvent[] = [];
  const active = pods.filter(isActive);
  const terminating = pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !isTerminal(pod));
  let conditions = job.status?.conditions;
  const set = (type: string, status: "True" | "False", reason: string, message: string) => {
    const condition: JobCondition = { type, status, reason, message, lastProbeTime: formatTime(now) };
    conditions = setCondition(conditions, condition, now);
  };
  const wasSuspended = findCondition(conditions, "Suspended");
  if (outcome !== undefined) {
    set(outcome.success ? "SuccessCriteriaMet" : "FailureTarget", "True", outcome.reason, outcome.message);
  } else if (job.spec.suspend && wasSuspended?.status !== "True") {
    set("Suspended", "True", "JobSuspended", "Job suspended");
    events.push({ type: "Normal", reason: "Suspended", message: "Job suspended" });
  } else if (!job.spec.suspend && wasSuspended?.status === "True") {
    set("Suspended", "False", "JobResumed", "Job resumed");
    events.push({ type: "Normal", reason: "Resumed", message: "Job resumed" });
  }
  // The end is told only when there is nothing left to count: the figures of a finished Job never change.
  const isOver = outcome !== undefined && active.length === 0 && terminating.length === 0 &&
    counted.uncounted.succeeded.length + counted.uncounted.failed.length === 0;
  if (isOver) {
    set(outcome.success ? "Complete" : "Failed", "True", outcome.reason, outcome.message);
    events.push(
      outcome.success
        ? { type: "Normal", reason: "Completed", message: "Job completed" }
        : { type: "Warning", reason: outcome.reason, message: outcome.message },
    );
  }
  const status: JobStatus = {
    ...(conditions === undefined ? {} : { conditions }),
    ...(job.status?.startTime === undefined ? {} : { startTime: job.status.startTime }),
    ...(isOver && isConditionTrue(conditions, "Complete") ? { completionTime: formatTime(now) } : {}),
    ...(active.length > 0 ? { active: active.length } : {}),
    ready: active.filter(isReady).length,
    terminating: terminating.length,
    ...tallyStatus(job, counted),
  };
  return { status, events };
}
