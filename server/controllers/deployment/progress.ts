import { parseTime } from "../../../api/meta/time.ts";
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from "../../../api/types/apps_v1.ts";
import { condition, find, reasons, withCondition, without } from "./conditions.ts";
import { availableOf, fenceposts, replicasOf, total } from "./replica_set_facts.ts";

/** Upstream's way to say that there is none. */
const noDeadline = 2_147_483_647;

export function deadlineSeconds(deployment: Deployment): number | undefined {
  const seconds = deployment.spec.progressDeadlineSeconds;
  return seconds === undefined || seconds === noDeadline ? undefined : seconds;
}

/** The counts, and whether enough is available. */
export function countedStatus(
  deployment: Deployment,
  fresh: ReplicaSet | undefined,
  all: readonly ReplicaSet[],
  conditions: readonly DeploymentCondition[],
  now: number,
): DeploymentStatus {
  const available = total(all, availableOf);
  const replicas = replicasOf(deployment);
  const counts = {
    replicas: total(all, ({ status }) => status?.replicas ?? 0),
    updatedReplicas: fresh?.status?.replicas ?? 0,
    readyReplicas: total(all, ({ status }) => status?.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(total(all, replicasOf) - available, 0),
    terminatingReplicas: total(all, ({ status }) => status?.terminatingReplicas ?? 0),
  };
  const enough = available >= replicas - fenceposts(deployment).maxUnavailable;
  const availability = enough
    ? condition("Available", "True", reasons.minimumAvailable, "Deployment has minimum availability.", now)
    : condition(
      "Available",
      "False",
      reasons.minimumUnavailable,
      "Deployment does not have minimum availability.",
      now,
    );
  const { collisionCount } = deployment.status ?? {};
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: withCondition(conditions, availability),
  };
}

/** The status with what is to say about the rollout's progress. */
export function withProgress(
  deployment: Deployment,
  fresh: ReplicaSet | undefined,
  all: readonly ReplicaSet[],
  status: DeploymentStatus,
  now: number,
): DeploymentStatus {
  let conditions = status.conditions ?? [];
  const current = find(conditions, "Progressing");
  const finished = (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === reasons.available;
  if (deadlineSeconds(deployment) === undefined) conditions = without(conditions, "Progressing");
  else if (!finished) conditions = judge(deployment, fresh, status, conditions, now);
  const failure = replicaFailure(fresh, all);
  conditions = failure === undefined
    ? without(conditions, "ReplicaFailure")
    : withCondition(conditions, { ...failure, type: "ReplicaFailure" });
  return { ...status, conditions };
}

function judge(
  deployment: Deployment,
  fresh: ReplicaSet | undefined,
  status: DeploymentStatus,
  conditions: DeploymentCondition[],
  now: number,
): DeploymentCondition[] {
  const subject = fresh === undefined
    ? `Deployment "${deployment.metadata.name}"`
    : `ReplicaSet "${fresh.metadata.name}"`;
  if (isComplete(deployment, status)) {
    const done = `${subject} has successfully progressed.`;
    return withCondition(conditions, condition("Progressing", "True", reasons.available, done, now));
  }
  if (isProgressing(deployment, status)) {
    const next = condition("Progressing", "True", reasons.updated, `${subject} is progressing.`, now);
    const old = find(conditions, "Progressing");
    // The update time moves with each step, for the deadline is counted from it; the transition time does not.
    const kept = old?.status === "True" ? { ...next, lastTransitionTime: old.lastTransitionTime ?? "" } : next;
    return [...without(conditions, "Progressing"), kept];
  }
  if (hasTimedOut(deployment, status, now)) {
    const late = `${subject} has timed out progressing.`;
    return withCondition(conditions, condition("Progressing", "False", reasons.deadlineExceeded, late, now));
  }
  return conditions;
}

export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const replicas = replicasOf(deployment);
  const { updatedReplicas = 0, availableReplicas = 0, observedGeneration = 0 } = status;
  return [status.replicas ?? 0, updatedReplicas, availableReplicas].every((count) => count === replicas) &&
    observedGeneration >= (deployment.metadata.generation ?? 0);
}

/** Whether the counts are better than they were in the Deployment's last status. */
function isProgressing(deployment: Deployment, status: DeploymentStatus): boolean {
  const old = deployment.status ?? {};
  const left = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus) => replicas - updatedReplicas;
  return (status.updatedReplicas ?? 0) > (old.updatedReplicas ?? 0) || left(status) < left(old) ||
    (status.readyReplicas ?? 0) > (old.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (old.availableReplicas ?? 0);
}

function hasTimedOut(deployment: Deployment, status: DeploymentStatus, now: number): boolean {
  if (find(status.conditions ?? [], "Progressing")?.reason === reasons.deadlineExceeded) return true;
  const left = untilDeadline(deployment, status, now);
  return left !== undefined && left < 0;
}

/** Milliseconds until the rollout counts as stuck; undefined when it does already, is complete or has no deadline. */
export function untilDeadline(deployment: Deployment, status: DeploymentStatus, now: number): number | undefined {
  const seconds = deadlineSeconds(deployment);
  const { lastUpdateTime, reason } = find(status.conditions ?? [], "Progressing") ?? {};
  const isOver = reason === reasons.available || reason === reasons.deadlineExceeded;
  return seconds === undefined || !lastUpdateTime || isOver
    ? undefined
    : parseTime(lastUpdateTime) + seconds * 1000 - now;
}

/** What keeps a ReplicaSet from having its Pods; the new one's trouble counts first. */
function replicaFailure(fresh: ReplicaSet | undefined, all: readonly ReplicaSet[]): DeploymentCondition | undefined {
  const ordered = fresh === undefined ? all : [fresh, ...all.filter((replicaSet) => replicaSet !== fresh)];
  for (const { status } of ordered) {
    const failure = status?.conditions?.find(({ type }) => type === "ReplicaFailure");
    if (failure !== undefined) return { ...failure, lastUpdateTime: failure.lastTransitionTime ?? "" };
  }
  return undefined;
}
