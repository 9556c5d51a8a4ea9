import { deepEqual } from "../../../api/meta/deep_equal.ts";
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from "../../../api/types/apps_v1.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import { isTerminal } from "../shared/pod_state.ts";
import { condition, find, reasons, withCondition } from "./conditions.ts";
import { newReplicaSet, sized, synced } from "./new_replica_set.ts";
import { countedStatus, deadlineSeconds, isComplete, untilDeadline, withProgress } from "./progress.ts";
import { findNew, isRolling, replicasOf, revisionAnnotation, revisionOf } from "./replica_set_facts.ts";
import { newSize, oldSizes } from "./rolling_update.ts";
import { active, isScaling, scaleSizes, type Sizes, surplusHistory } from "./scale.ts";

/** All that a step of a rollout looks at. */
export interface Observation {
  readonly deployment: Deployment;
  /** Those that the Deployment controls. */
  readonly replicaSets: readonly ReplicaSet[];
  /** The Pods of these; only a Deployment with strategy Recreate asks for them. */
  readonly pods: readonly Pod[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What is to be done, in this order: create, update, delete, annotate the Deployment, write its status. */
export interface Plan {
  /** The ReplicaSet of the template, which does not exist yet. */
  readonly create: ReplicaSet | undefined;
  /** ReplicaSets as they are and as they shall be. */
  readonly updates: readonly { readonly old: ReplicaSet; readonly next: ReplicaSet }[];
  /** History beyond its limit. */
  readonly deletes: readonly ReplicaSet[];
  /** For the Deployment's annotation. */
  readonly revision: string | undefined;
  readonly status: DeploymentStatus;
  /** Milliseconds until the progress deadline is to be looked at. */
  readonly checkAfter: number | undefined;
}

interface Draft {
  readonly fresh: ReplicaSet | undefined;
  readonly create?: ReplicaSet | undefined;
  readonly sizes?: Sizes;
  readonly cleanUp?: boolean;
  /** The rollout stands still for now, and its progress is not judged. */
  readonly atRest?: boolean;
}

/**
 * One step of a rollout. Each looks at the world as it is and moves it a little; the events of what it did bring the next one. When nothing
 * is to be done, it answers a plan without deeds and the status that is already there.
 */
export function step(observation: Observation): Plan {
  const { deployment, replicaSets, now } = observation;
  const fresh = findNew(deployment, replicaSets);
  const old = replicaSets.filter((replicaSet) => replicaSet !== fresh);
  const draft = draftOf(observation, fresh, old);
  const revision = String(old.map(revisionOf).reduce((newest, next) => next > newest ? next : newest, 0n) + 1n);
  const current = draft.create ?? fresh;
  const updates: Plan["updates"] = replicaSets.map((replicaSet) => {
    const size = draft.sizes?.get(replicaSet);
    const marked = replicaSet === fresh ? synced(deployment, replicaSet, revision) : replicaSet;
    return { old: replicaSet, next: size === undefined ? marked : sized(deployment, marked, size) };
  }).filter(({ old, next }) => !deepEqual(old, next));
  const marked = updates.find((update) => update.old === fresh)?.next ?? current;
  const own = marked?.metadata.annotations ?? {};
  const shown = own[revisionAnnotation];
  const status = statusOf(observation, draft, fresh, old);
  const left = draft.atRest ? undefined : untilDeadline(deployment, status, now);
  return {
    create: draft.create && synced(deployment, draft.create, revision),
    updates,
    deletes: draft.cleanUp ? surplusHistory(deployment, old) : [],
    revision: draft.create ? revision : shown,
    status,
    // A second more, so that the deadline has passed by any clock of whole seconds.
    checkAfter: left === undefined ? undefined : Math.max(left, 0) + 1000,
  };
}

function draftOf(observation: Observation, fresh: ReplicaSet | undefined, old: readonly ReplicaSet[]): Draft {
  const { deployment, replicaSets } = observation;
  if (deployment.metadata.deletionTimestamp !== undefined) return { fresh, atRest: true };
  const { paused = false } = deployment.spec;
  if (paused || isScaling(deployment, replicaSets)) {
    return { fresh, sizes: scaleSizes(deployment, fresh, old), cleanUp: paused, atRest: true };
  }
  return isRolling(deployment) ? roll(deployment, fresh, old) : recreate(observation, fresh, old);
}

function roll(deployment: Deployment, fresh: ReplicaSet | undefined, old: readonly ReplicaSet[]): Draft {
  if (fresh === undefined) {
    const empty = newReplicaSet(deployment, 0);
    return { fresh, create: newReplicaSet(deployment, newSize(deployment, empty, old)) };
  }
  const size = newSize(deployment, fresh, old);
  if (size !== replicasOf(fresh)) return { fresh, sizes: new Map([[fresh, size]]) };
  const sizes = oldSizes(deployment, fresh, old);
  return { fresh, sizes, cleanUp: sizes.size === 0 && isComplete(deployment, deployment.status ?? {}) };
}

/** The new Pods come when the last of the old ones is gone: what only one of may run shall not run twice. */
function recreate({ deployment, pods }: Observation, fresh: ReplicaSet | undefined, old: readonly ReplicaSet[]): Draft {
  const inUse = active(old);
  if (inUse.length > 0) return { fresh, sizes: new Map(inUse.map((replicaSet) => [replicaSet, 0])) };
  const oldUids = new Set(old.map(({ metadata }) => metadata.uid));
  const isOld = (pod: Pod) => pod.metadata.ownerReferences?.some(({ uid }) => oldUids.has(uid)) ?? false;
  if (pods.some((pod) => isOld(pod) && !isTerminal(pod))) return { fresh };
  const replicas = replicasOf(deployment);
  if (fresh === undefined) return { fresh, create: newReplicaSet(deployment, replicas) };
  const sizes: Sizes = replicasOf(fresh) === replicas ? new Map() : new Map([[fresh, replicas]]);
  return { fresh, sizes, cleanUp: isComplete(deployment, deployment.status ?? {}) };
}

function statusOf(
  { deployment, replicaSets, now }: Observation,
  { create, atRest }: Draft,
  fresh: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): DeploymentStatus {
  let conditions = pauseConditions(deployment, now);
  if (deadlineSeconds(deployment) !== undefined) {
    if (create !== undefined) {
      const message = `Created new replica set "${create.metadata.name}"`;
      conditions = withCondition(conditions, condition("Progressing", "True", reasons.created, message, now));
    } else if (fresh !== undefined && find(conditions, "Progressing") === undefined) {
      const message = `Found new replica set "${fresh.metadata.name}"`;
      conditions = withCondition(conditions, condition("Progressing", "True", reasons.found, message, now));
    }
  }
  const all = fresh === undefined ? old : replicaSets;
  const counted = countedStatus(deployment, fresh, all, conditions, now);
  return atRest ? counted : withProgress(deployment, create ?? fresh, all, counted, now);
}

/** A pause stops the deadline, and its end starts it anew. */
function pauseConditions(deployment: Deployment, now: number): DeploymentCondition[] {
  const conditions = [...(deployment.status?.conditions ?? [])];
  const current = find(conditions, "Progressing");
  const wasPaused = current?.reason === reasons.paused;
  const isPaused = deployment.spec.paused === true;
  if (
    deadlineSeconds(deployment) === undefined || current?.reason === reasons.deadlineExceeded || wasPaused === isPaused
  ) {
    return conditions;
  }
  const next = isPaused
    ? condition("Progressing", "Unknown", reasons.paused, "Deployment is paused", now)
    : condition("Progressing", "Unknown", reasons.resumed, "Deployment is resumed", now);
  return withCondition(conditions, next);
}

/** In words, as users see it in an event; undefined when the size stays. */
export function describeScaling(old: ReplicaSet | undefined, next: ReplicaSet): string | undefined {
  const from = old === undefined ? 0 : replicasOf(old);
  const to = replicasOf(next);
  if (from === to) return undefined;
  return `Scaled ${to > from ? "up" : "down"} replica set ${next.metadata.name} from ${from} to ${to}`;
}
