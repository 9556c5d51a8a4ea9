import { formatTime } from "../../../api/meta/time.ts";
import type { DeploymentCondition } from "../../../api/types/apps_v1.ts";

export type ConditionType = "Available" | "Progressing" | "ReplicaFailure";

/** Upstream's reasons; `kubectl rollout status` and others look for them. */
export const reasons = {
  minimumAvailable: "MinimumReplicasAvailable",
  minimumUnavailable: "MinimumReplicasUnavailable",
  created: "NewReplicaSetCreated",
  found: "FoundNewReplicaSet",
  updated: "ReplicaSetUpdated",
  createFailed: "ReplicaSetCreateError",
  available: "NewReplicaSetAvailable",
  deadlineExceeded: "ProgressDeadlineExceeded",
  paused: "DeploymentPaused",
  resumed: "DeploymentResumed",
} as const;

export function condition(
  type: ConditionType,
  status: "True" | "False" | "Unknown",
  reason: string,
  message: string,
  now: number,
): DeploymentCondition {
  const time = formatTime(now);
  return { type, status, lastUpdateTime: time, lastTransitionTime: time, reason, message };
}

export function find(conditions: readonly DeploymentCondition[], type: ConditionType): DeploymentCondition | undefined {
  return conditions.find((condition) => condition.type === type);
}

export function without(conditions: readonly DeploymentCondition[], type: ConditionType): DeploymentCondition[] {
  return conditions.filter((condition) => condition.type !== type);
}

/** One with the same status and reason stays as it was, its message and times included; one with the same status keeps its transition time. */
export function withCondition(
  conditions: readonly DeploymentCondition[],
  next: DeploymentCondition,
): DeploymentCondition[] {
  const old = find(conditions, next.type as ConditionType);
  if (old !== undefined && old.status === next.status && old.reason === next.reason) return [...conditions];
  const kept = old?.status === next.status ? { ...next, lastTransitionTime: old.lastTransitionTime ?? "" } : next;
  return [...without(conditions, next.type as ConditionType), kept];
}
