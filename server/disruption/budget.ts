import { setCondition } from "../../api/meta/conditions.ts";
import { compileLabelSelector, SelectorError } from "../../api/meta/label_selector.ts";
import type { KubeObject } from "../../api/resource.ts";
import type { Condition } from "../../api/types/meta_v1.ts";
import type { PodDisruptionBudget } from "../../api/types/policy_v1.ts";

/** Says in `status.conditions` whether a disruption is allowed now. */
export const allowedCondition = "DisruptionAllowed";
/** Milliseconds after which a Pod that was to be evicted counts as one that stays. */
export const deletionTimeout = 120_000;

/** Whether a budget of the same namespace is about the Pod. One whose selector cannot be read is about none. */
export function covers({ spec }: PodDisruptionBudget, { metadata }: KubeObject): boolean {
  try {
    return compileLabelSelector(spec.selector).matches(metadata.labels ?? {});
  } catch (error) {
    if (error instanceof SelectorError) return false;
    throw error;
  }
}

/** The conditions with the one that follows from the number of disruptions allowed; `now` in milliseconds. */
export function withAllowed(
  conditions: readonly Condition[] | undefined,
  allowed: number,
  observedGeneration: number,
  now: number,
): Condition[] {
  const condition = allowed > 0
    ? { status: "True", reason: "SufficientPods" }
    : { status: "False", reason: "InsufficientPods" };
  return setCondition<Condition>(
    [...conditions ?? []],
    { type: allowedCondition, ...condition, message: "", observedGeneration },
    now,
  );
}
