import { findCondition, isConditionTrue } from "../../api/meta/conditions.ts";
import { formatTime } from "../../api/meta/time.ts";
import type { Pod } from "../../api/types/core_v1.ts";
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from "../../api/types/policy_v1.ts";
import { allowedCondition, withAllowed } from "./budget.ts";

/** What a budget says to the eviction of a Pod that it covers. */
export type Verdict =
  /** The budget's status with the eviction charged to it. */
  | { readonly verdict: "charged"; readonly status: PodDisruptionBudgetStatus }
  /** The Pod does not count as healthy, and may go as long as that is so. */
  | { readonly verdict: "unhealthy" }
  /** Not now. */
  | { readonly verdict: "later"; readonly message: string; readonly retryAfterSeconds: number }
  /** The budget is not in order. */
  | { readonly verdict: "broken"; readonly message: string };

/** So many evictions that the controller has not taken notice of mean that it does not work. */
const maxDisrupted = 2000;

/** Pure; `now` in milliseconds. */
export function judgeEviction(pod: Pod, budget: PodDisruptionBudget, now: number): Verdict {
  const { metadata: { name = "", generation = 0 }, spec, status = {} } = budget;
  const { currentHealthy = 0, desiredHealthy = 0, disruptionsAllowed = 0, observedGeneration = 0 } = status;
  if (!isConditionTrue(pod.status?.conditions, "Ready")) {
    const undisturbed = currentHealthy >= desiredHealthy && desiredHealthy > 0;
    if (spec.unhealthyPodEvictionPolicy === "AlwaysAllow" || undisturbed) return { verdict: "unhealthy" };
  }
  if (observedGeneration < generation) return { verdict: "later", message: processing(name), retryAfterSeconds: 10 };
  if (disruptionsAllowed < 0) return { verdict: "broken", message: "pdb disruptions allowed is negative" };
  if (Object.keys(status.disruptedPods ?? {}).length > maxDisrupted) {
    const message = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
    return { verdict: "broken", message };
  }
  if (disruptionsAllowed === 0) return { verdict: "later", message: exhausted(budget), retryAfterSeconds: 0 };
  const left = disruptionsAllowed - 1;
  const disruptedPods = { ...status.disruptedPods, [pod.metadata.name!]: formatTime(now) };
  const conditions = left > 0 ? status.conditions : withAllowed(status.conditions, left, observedGeneration, now);
  return {
    verdict: "charged",
    status: { ...status, disruptionsAllowed: left, disruptedPods, ...(conditions ? { conditions } : {}) },
  };
}

export function processing(name: string): string {
  return `The disruption budget ${name} is still being processed by the server.`;
}

function exhausted({ metadata: { name }, status = {} }: PodDisruptionBudget): string {
  const { currentHealthy = 0, desiredHealthy = 0 } = status;
  if (currentHealthy <= desiredHealthy) {
    return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  }
  const condition = findCondition(status.conditions, allowedCondition);
  const failed = condition?.status === "False" ? ` because it failed sync: ${condition.message}` : "";
  return `The disruption budget ${name} does not allow evicting pods currently${failed}`;
}
