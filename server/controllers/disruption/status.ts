import { isConditionTrue } from "../../../api/meta/conditions.ts";
import { resolveIntOrPercent } from "../../../api/meta/int_or_string.ts";
import { parseTime } from "../../../api/meta/time.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from "../../../api/types/policy_v1.ts";
import { deletionTimeout, withAllowed } from "../../disruption/budget.ts";

/** What is seen of the Pods that a budget covers. */
export interface Observed {
  readonly pods: readonly Pod[];
  /** How many Pods their controllers want together; asked for only where the budget is a share of it. */
  readonly scale: number | undefined;
}

export interface NextStatus {
  readonly status: PodDisruptionBudgetStatus;
  /** Names of Pods that were to be evicted and are still there after their time. */
  readonly overdue: readonly string[];
  /** Milliseconds until the next one's time is over. */
  readonly recheckAfter?: number;
}

/** Whether the number of Pods that should run must be known: a plain minimum does without. */
export function needsScale({ spec: { minAvailable, maxUnavailable } }: PodDisruptionBudget): boolean {
  return maxUnavailable !== undefined || typeof minAvailable === "string";
}

/** Pure; `now` in milliseconds. Throws an IntOrStringError for a share that cannot be read. */
export function nextStatus(budget: PodDisruptionBudget, { pods, scale }: Observed, now: number): NextStatus {
  const { disrupted, overdue, recheckAfter } = stillDisrupted(budget, pods, now);
  const expectedPods = scale ?? pods.length;
  const desiredHealthy = desired(budget, expectedPods);
  const currentHealthy = pods.filter((pod) => isHealthy(pod, disrupted)).length;
  // Where no Pods are expected yet, the first ones are not to be evicted before they were counted.
  const disruptionsAllowed = expectedPods > 0 ? Math.max(currentHealthy - desiredHealthy, 0) : 0;
  const observedGeneration = budget.metadata.generation ?? 0;
  const conditions = withAllowed(budget.status?.conditions, disruptionsAllowed, observedGeneration, now);
  return {
    status: {
      ...(observedGeneration > 0 ? { observedGeneration } : {}),
      ...(Object.keys(disrupted).length > 0 ? { disruptedPods: disrupted } : {}),
      disruptionsAllowed,
      currentHealthy,
      desiredHealthy,
      expectedPods,
      conditions,
    },
    overdue,
    ...(recheckAfter === undefined ? {} : { recheckAfter }),
  };
}

function desired({ spec: { minAvailable, maxUnavailable } }: PodDisruptionBudget, expected: number): number {
  if (maxUnavailable !== undefined) {
    return Math.max(expected - resolveIntOrPercent(maxUnavailable, expected, "up"), 0);
  }
  return minAvailable === undefined ? 0 : resolveIntOrPercent(minAvailable, expected, "up");
}

function isHealthy({ metadata, status }: Pod, disrupted: Readonly<Record<string, string>>): boolean {
  if (metadata.deletionTimestamp !== undefined || Object.hasOwn(disrupted, metadata.name!)) return false;
  return isConditionTrue(status?.conditions, "Ready");
}

/** Of the Pods whose eviction was allowed those that are yet to be deleted. */
function stillDisrupted({ status }: PodDisruptionBudget, pods: readonly Pod[], now: number) {
  const disrupted: Record<string, string> = {};
  const overdue: string[] = [];
  let recheckAfter: number | undefined;
  for (const { metadata: { name = "", deletionTimestamp } } of pods) {
    const allowedAt = Object.hasOwn(status?.disruptedPods ?? {}, name) ? status!.disruptedPods![name]! : undefined;
    if (allowedAt === undefined || deletionTimestamp !== undefined) continue;
    const left = parseTime(allowedAt) + deletionTimeout - now;
    if (left <= 0) overdue.push(name);
    else {
      disrupted[name] = allowedAt;
      recheckAfter = Math.min(recheckAfter ?? Infinity, left);
    }
  }
  return { disrupted, overdue, recheckAfter };
}
