import { formatTime } from "./time.ts";

/** What the conditions of Pods, Nodes, Deployments and `metav1.Condition` have in common. */
export interface ConditionLike {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string | null;
}

export function findCondition<T extends ConditionLike>(
  conditions: readonly T[] | undefined,
  type: string,
): T | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(conditions: readonly ConditionLike[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === "True";
}

/**
 * The list with the condition in it, in the place of the one of its type or at the end. `lastTransitionTime` is `now` (milliseconds)
 * when the status is new and stays what it was when it is not, unless the condition brings its own for a new status. Answers
 * the very same list when nothing but times would change, so that a caller can skip the write.
 */
export function setCondition<T extends ConditionLike>(
  conditions: T[] | undefined,
  condition: Omit<T, "lastTransitionTime"> & Pick<ConditionLike, "lastTransitionTime">,
  now: number,
): T[] {
  const old = findCondition(conditions, condition.type);
  const keptTime = old?.status === condition.status ? old.lastTransitionTime : condition.lastTransitionTime;
  const next = { ...condition, lastTransitionTime: keptTime ?? formatTime(now) } as T;
  if (conditions === undefined) return [next];
  if (old === undefined) return [...conditions, next];
  return isSame(old, next) ? conditions : conditions.map((other) => other === old ? next : other);
}

/** Heartbeats are no change: they are the one kind of field that differs each time. */
const times: ReadonlySet<string> = new Set([
  "lastTransitionTime",
  "lastProbeTime",
  "lastHeartbeatTime",
  "lastUpdateTime",
]);

function isSame(a: ConditionLike, b: ConditionLike): boolean {
  const [left, right] = [a as unknown as Record<string, unknown>, b as unknown as Record<string, unknown>];
  return [...Object.keys(left), ...Object.keys(right)].every((key) =>
    times.has(key) || (left[key] ?? "") === (right[key] ?? "")
  );
}

/** The list without the condition of this type; the same list when there is none. */
export function withoutCondition<T extends ConditionLike>(conditions: T[], type: string): T[] {
  return conditions.some((condition) => condition.type === type)
    ? conditions.filter((condition) => condition.type !== type)
    : conditions;
}
