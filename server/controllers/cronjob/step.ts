import { formatTime, parseTime } from "../../../api/meta/time.ts";
import type { CronJob, Job } from "../../../api/types/batch_v1.ts";
import { isFinished } from "../job/outcome.ts";
import type { Schedule } from "./schedule.ts";

export interface CronEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/** What to do about a CronJob's schedule now. */
export interface Step {
  /** The time that a Job is to be started for, in milliseconds. */
  readonly start?: number;
  /** Running Jobs that give way to it. */
  readonly replace: readonly Job[];
  readonly events: readonly CronEvent[];
  /** When to look again; undefined when nothing is scheduled any more. */
  readonly next: number | undefined;
}

/** Upstream warns when more were missed. */
const manyMissed = 100;

/** Pure. `running` are the CronJob's Jobs that have not finished. */
export function cronStep(cronJob: CronJob, schedule: Schedule, running: readonly Job[], now: number): Step {
  const next = schedule.next(now);
  const wait = (...events: CronEvent[]): Step => ({ replace: [], events, next });
  const { startingDeadlineSeconds, concurrencyPolicy } = cronJob.spec;
  const deadline = startingDeadlineSeconds === undefined ? Infinity : startingDeadlineSeconds * 1000;
  const after = Math.max(lastLooked(cronJob), now - deadline - 1);
  const time = schedule.last(after, now);
  if (time === undefined) return wait();
  const events: CronEvent[] = [];
  if (missed(schedule, after, time) > manyMissed) {
    const message = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";
    events.push({ type: "Warning", reason: "TooManyMissedTimes", message });
  }
  if (running.length > 0 && concurrencyPolicy === "Forbid") {
    const message = "Not starting job because prior execution is running and concurrency policy is Forbid";
    return wait({ type: "Normal", reason: "JobAlreadyActive", message });
  }
  return { start: time, replace: concurrencyPolicy === "Replace" ? running : [], events, next };
}

function lastLooked({ metadata, status }: CronJob): number {
  const time = status?.lastScheduleTime ?? metadata.creationTimestamp;
  return time ? parseTime(time) : 0;
}

/** Up to one more than many. */
function missed(schedule: Schedule, after: number, last: number): number {
  let count = 0;
  for (let time = schedule.next(after); time !== undefined && time < last && count <= manyMissed; count++) {
    time = schedule.next(time);
  }
  return count;
}

/** The finished Jobs beyond the history limits, the oldest first. */
export function surplusJobs(cronJob: CronJob, jobs: readonly Job[]): Job[] {
  const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = cronJob.spec;
  const finished = jobs.filter(isFinished).sort(byStart);
  const failed = finished.filter(hasFailed);
  const successful = finished.filter((job) => !hasFailed(job));
  return [
    ...successful.slice(0, Math.max(successful.length - successfulJobsHistoryLimit, 0)),
    ...failed.slice(0, Math.max(failed.length - failedJobsHistoryLimit, 0)),
  ];
}

function hasFailed({ status }: Job): boolean {
  return status?.conditions?.some(({ type, status }) => type === "Failed" && status === "True") ?? false;
}

function byStart(a: Job, b: Job): number {
  const start = ({ status, metadata }: Job) => status?.startTime ?? metadata.creationTimestamp ?? "";
  return start(a) < start(b) ? -1 : start(a) > start(b) ? 1 : 0;
}

/** When the last Job that succeeded did so. */
export function lastSuccess(jobs: readonly Job[], before: string | undefined): string | undefined {
  const times = jobs.map(({ status }) => status?.completionTime).filter((time) => time !== undefined && time !== null);
  return [...times, ...(before === undefined ? [] : [before])].sort((a, b) => parseTime(a) - parseTime(b)).at(-1);
}

/** The same for the same time, so that no time ever gets two Jobs. */
function jobName(cronJob: CronJob, time: number): string {
  return `${cronJob.metadata.name}-${Math.floor(time / 60_000)}`;
}

export function newJob(cronJob: CronJob, time: number): Pick<Job, "metadata" | "spec"> {
  const { metadata = {}, spec } = cronJob.spec.jobTemplate;
  const annotations = { ...metadata.annotations, "batch.kubernetes.io/cronjob-scheduled-timestamp": formatTime(time) };
  const { namespace = "" } = cronJob.metadata;
  const labels = metadata.labels === undefined ? {} : { labels: metadata.labels };
  return { metadata: { name: jobName(cronJob, time), namespace, ...labels, annotations }, spec };
}
