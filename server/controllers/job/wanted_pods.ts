import type { Job } from "../../../api/types/batch_v1.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import { isActive, isTerminal } from "../shared/pod_state.ts";
import { inDeletionOrder } from "../shared/pod_deletion_order.ts";
import { earlierFailures, endOf, hasFailed, indexOf, isIndexed, isTracked, replacesFailedOnly } from "./pods.ts";
import { type Tally, totals } from "./tally.ts";

/** A Pod to create: of an index, with the failures of that index so far where they are limited. */
export interface WantedPod {
  readonly index?: number;
  readonly failures?: number;
}

export interface PodPlan {
  readonly create: readonly WantedPod[];
  readonly remove: readonly Pod[];
  /** Milliseconds after which failed Pods may be replaced. */
  readonly wait?: number;
}

const maxBurst = 500;
const baseDelay = 10_000;
const maxDelay = 600_000;

/** The Pods that a Job which goes on still needs, and those it has too many. */
export function planPods(job: Job, pods: readonly Pod[], counted: Tally, now: number): PodPlan {
  const active = pods.filter(isActive);
  if (job.spec.suspend) return { create: [], remove: active };
  return isIndexed(job) ? planIndexed(job, pods, active, counted, now) : planPlain(job, pods, active, counted, now);
}

function planPlain(
  job: Job,
  pods: readonly Pod[],
  active: readonly Pod[],
  counted: Tally,
  now: number,
): PodPlan {
  const { completions, parallelism = 1 } = job.spec;
  const { succeeded } = totals(counted);
  const left = completions === undefined ? (succeeded > 0 ? active.length : Infinity) : completions - succeeded;
  const wanted = Math.max(Math.min(left, parallelism), 0);
  if (active.length > wanted) {
    return { create: [], remove: inDeletionOrder(active, active, now).slice(0, active.length - wanted) };
  }
  const missing = wanted - active.length - awaited(job, pods);
  if (missing <= 0) return { create: [], remove: [] };
  const wait = untilReplacement(pods.filter((pod) => pod.status?.phase === "Succeeded" || delaysOthers(job, pod)), now);
  if (wait > 0) return { create: [], remove: [], wait };
  return { create: Array.from({ length: Math.min(missing, maxBurst) }, () => ({})), remove: [] };
}

/** Failed of its own accord; those that were stopped on purpose have lost their finalizer before. */
function delaysOthers(job: Job, pod: Pod): boolean {
  return hasFailed(job, pod) && (isTracked(pod) || pod.metadata.deletionTimestamp === undefined);
}

/** Pods on their way out whose places stay taken until they are gone. */
function awaited(job: Job, pods: readonly Pod[]): number {
  return replacesFailedOnly(job) ? pods.filter(isTerminating).length : 0;
}

function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined && !isTerminal(pod);
}

function planIndexed(
  job: Job,
  pods: readonly Pod[],
  active: readonly Pod[],
  counted: Tally,
  now: number,
): PodPlan {
  const { completions = 0, parallelism = 1, backoffLimitPerIndex } = job.spec;
  const taken = new Set<number>();
  const remove: Pod[] = [];
  for (const pod of active) {
    const index = indexOf(pod);
    // Of two with one index, one is too many, as is one whose index is done with or was never asked for.
    const isUseful = index !== undefined && index < completions && !taken.has(index) &&
      !counted.completedIndexes.has(index) && !counted.failedIndexes.has(index);
    if (isUseful) taken.add(index);
    else remove.push(pod);
  }
  const kept = active.filter((pod) => !remove.includes(pod));
  const surplus = inDeletionOrder(kept, kept, now).slice(0, Math.max(kept.length - parallelism, 0));
  const create: WantedPod[] = [];
  let wait = Infinity;
  let room = Math.min(parallelism - kept.length - awaited(job, pods), maxBurst);
  const failures = failuresByIndex(job, pods);
  const leaving = new Set(replacesFailedOnly(job) ? pods.filter(isTerminating).map(indexOf) : []);
  for (let index = 0; index < completions && room > 0; index++) {
    const isOpen = !taken.has(index) && !leaving.has(index) && !counted.completedIndexes.has(index) &&
      !counted.failedIndexes.has(index);
    if (!isOpen) continue;
    const own = failures.get(index) ?? [];
    const delay = untilReplacement(backoffLimitPerIndex === undefined ? [...failures.values()].flat() : own, now);
    if (delay > 0) wait = Math.min(wait, delay);
    else {
      const count = Math.max(0, ...own.map((pod) => earlierFailures(pod) + 1));
      create.push({ index, ...(backoffLimitPerIndex === undefined ? {} : { failures: count }) });
      room--;
    }
  }
  return { create, remove: [...remove, ...surplus], ...(wait === Infinity ? {} : { wait }) };
}

function failuresByIndex(job: Job, pods: readonly Pod[]): Map<number, Pod[]> {
  const failures = new Map<number, Pod[]>();
  for (const pod of pods) {
    const index = indexOf(pod);
    if (index !== undefined && delaysOthers(job, pod)) failures.set(index, [...(failures.get(index) ?? []), pod]);
  }
  return failures;
}

/**
 * Milliseconds to wait after the failures since the last success among `ended`: ten seconds, doubling to ten minutes. Read off the Pods that are
 * left, so that a restart of the server forgets nothing.
 */
function untilReplacement(ended: readonly Pod[], now: number): number {
  const sorted = ended.map((pod) => ({ failed: pod.status?.phase !== "Succeeded", at: endOf(pod) }))
    .sort((a, b) => a.at - b.at);
  const failures = sorted.slice(sorted.findLastIndex(({ failed }) => !failed) + 1);
  const last = failures.at(-1);
  if (last === undefined) return 0;
  return Math.max(last.at + Math.min(baseDelay * 2 ** Math.min(failures.length - 1, 16), maxDelay) - now, 0);
}
