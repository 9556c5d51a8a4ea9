import type { Job, UncountedTerminatedPods } from "../../../api/types/batch_v1.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import { judgeFailure, type Verdict } from "./failure_policy.ts";
import { formatIndexes, parseIndexes } from "./indexes.ts";
import { earlierFailures, hasFailed, indexOf, isIndexed, isTracked } from "./pods.ts";

/** What has come of a Job's Pods so far. */
export interface Tally {
  /** Counted for good: their Pods may be gone. */
  readonly succeeded: number;
  readonly failed: number;
  /** Seen to have ended, by uid, and not counted for good yet: their Pods still have the finalizer, or had it a moment ago. */
  readonly uncounted: { readonly succeeded: readonly string[]; readonly failed: readonly string[] };
  readonly completedIndexes: ReadonlySet<number>;
  readonly failedIndexes: ReadonlySet<number>;
  /** The first Pod whose failure ends the Job. */
  readonly fatal: Verdict | undefined;
}

/** How many Pods are taken in at once, so that no status grows without limit. */
const maxUncounted = 500;

/**
 * Counts each Pod once, whatever fails in between: a Pod that ended is noted by its uid in the status; then its finalizer goes; when it is gone
 * the uid becomes a number. Successes of an indexed Job are noted by their index, which cannot count twice anyway.
 */
export function tally(job: Job, pods: readonly Pod[]): Tally {
  const { status = {}, spec } = job;
  const tracked = new Map(pods.filter(isTracked).map((pod) => [pod.metadata.uid ?? "", pod]));
  const noted = status.uncountedTerminatedPods ?? {};
  const before = settle(noted, tracked);
  const indexed = isIndexed(job);
  const limit = spec.completions ?? 0;
  const completedIndexes = parseIndexes(indexed ? status.completedIndexes : "", limit);
  const failedIndexes = parseIndexes(indexed ? status.failedIndexes : "", limit);
  const succeeded = [...before.uncounted.succeeded];
  const failed = [...before.uncounted.failed];
  const known = new Set([...succeeded, ...failed]);
  let fatal: Verdict | undefined;
  for (const [uid, pod] of tracked) {
    if (known.has(uid) || known.size >= maxUncounted) continue;
    const index = indexOf(pod);
    if (pod.status?.phase === "Succeeded") {
      if (indexed) {
        if (index !== undefined && index < limit) completedIndexes.add(index);
        continue;
      }
      known.add(uid);
      succeeded.push(uid);
    } else if (hasFailed(job, pod)) {
      const verdict = judgeFailure(spec.podFailurePolicy, pod);
      if (verdict.action === "FailJob") fatal ??= verdict;
      if (verdict.action === "Ignore") continue;
      known.add(uid);
      failed.push(uid);
      const isLast = verdict.action === "FailIndex" || earlierFailures(pod) >= (spec.backoffLimitPerIndex ?? Infinity);
      if (indexed && spec.backoffLimitPerIndex !== undefined && isLast && index !== undefined) failedIndexes.add(index);
    }
  }
  for (const index of completedIndexes) failedIndexes.delete(index);
  return {
    succeeded: indexed ? completedIndexes.size : (status.succeeded ?? 0) + before.succeeded,
    failed: (status.failed ?? 0) + before.failed,
    uncounted: { succeeded, failed },
    completedIndexes,
    failedIndexes,
    fatal,
  };
}

/** Those that lost their finalizer become numbers. */
function settle(noted: UncountedTerminatedPods, tracked: ReadonlyMap<string, Pod>) {
  const { succeeded = [], failed = [] } = noted;
  const left = {
    succeeded: succeeded.filter((uid) => tracked.has(uid)),
    failed: failed.filter((uid) => tracked.has(uid)),
  };
  return {
    uncounted: left,
    succeeded: succeeded.length - left.succeeded.length,
    failed: failed.length - left.failed.length,
  };
}

/** All successes and failures that are known. */
export function totals({ succeeded, failed, uncounted }: Tally): { succeeded: number; failed: number } {
  return { succeeded: succeeded + uncounted.succeeded.length, failed: failed + uncounted.failed.length };
}

/** The Pods that ended and whose end is noted, so that they may lose their finalizer once this tally is stored. */
export function countedPods(job: Job, { uncounted }: Tally, pods: readonly Pod[]): Pod[] {
  const noted = new Set([...uncounted.succeeded, ...uncounted.failed]);
  return pods.filter((pod) => {
    if (!isTracked(pod)) return false;
    if (noted.has(pod.metadata.uid ?? "")) return true;
    if (pod.status?.phase === "Succeeded") return isIndexed(job);
    return pod.status?.phase === "Failed" && judgeFailure(job.spec.podFailurePolicy, pod).action === "Ignore";
  });
}

/** The part of the status that a tally makes up. */
export function tallyStatus(job: Job, { succeeded, failed, uncounted, completedIndexes, failedIndexes }: Tally) {
  return {
    ...(succeeded > 0 ? { succeeded } : {}),
    ...(failed > 0 ? { failed } : {}),
    ...(completedIndexes.size > 0 ? { completedIndexes: formatIndexes(completedIndexes) } : {}),
    ...(job.spec.backoffLimitPerIndex === undefined ? {} : { failedIndexes: formatIndexes(failedIndexes) }),
    uncountedTerminatedPods: {
      ...(uncounted.succeeded.length > 0 ? { succeeded: [...uncounted.succeeded] } : {}),
      ...(uncounted.failed.length > 0 ? { failed: [...uncounted.failed] } : {}),
    },
  };
}
