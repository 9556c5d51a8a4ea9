import type { Deployment, ReplicaSet } from "../../../api/types/apps_v1.ts";
import {
  ageKey,
  availableOf,
  byAge,
  compareText,
  desiredAnnotation,
  fenceposts,
  isRolling,
  maxAnnotation,
  numberIn,
  replicasOf,
  revisionOf,
  total,
} from "./replica_set_facts.ts";

/** New sizes by ReplicaSet; those not in it stay as they are. */
export type Sizes = ReadonlyMap<ReplicaSet, number>;

/** Whether the Deployment was scaled since its ReplicaSets were sized last. */
export function isScaling(deployment: Deployment, replicaSets: readonly ReplicaSet[]): boolean {
  return active(replicaSets).some((replicaSet) => {
    const desired = numberIn(replicaSet, desiredAnnotation);
    return desired !== undefined && desired !== replicasOf(deployment);
  });
}

/**
 * The sizes after a change of the Deployment's own: with one ReplicaSet in use it gets them all; once the new one is complete the
 * old ones get none; in the middle of a rolling update all grow or shrink in proportion, so that a bad rollout stays as small a part as it was.
 */
export function scaleSizes(deployment: Deployment, fresh: ReplicaSet | undefined, old: readonly ReplicaSet[]): Sizes {
  const only = activeOrLatest(fresh, old);
  if (only !== undefined) return new Map([[only, replicasOf(deployment)]]);
  if (fresh !== undefined && isSaturated(deployment, fresh)) {
    return new Map(active(old).map((replicaSet) => [replicaSet, 0]));
  }
  if (!isRolling(deployment)) return new Map();
  return inProportion(deployment, active(fresh === undefined ? old : [...old, fresh]));
}

export function active(replicaSets: readonly ReplicaSet[]): ReplicaSet[] {
  return replicaSets.filter((replicaSet) => replicasOf(replicaSet) > 0);
}

function activeOrLatest(fresh: ReplicaSet | undefined, old: readonly ReplicaSet[]): ReplicaSet | undefined {
  const used = active(fresh === undefined ? old : [fresh, ...old]);
  if (used.length > 1) return undefined;
  return used[0] ?? fresh ?? byAge(old).at(-1);
}

function isSaturated(deployment: Deployment, replicaSet: ReplicaSet): boolean {
  const replicas = replicasOf(deployment);
  return numberIn(replicaSet, desiredAnnotation) === replicas && replicasOf(replicaSet) === replicas &&
    availableOf(replicaSet) === replicas;
}

function inProportion(deployment: Deployment, replicaSets: readonly ReplicaSet[]): Sizes {
  const replicas = replicasOf(deployment);
  const allowed = replicas > 0 ? replicas + fenceposts(deployment).maxSurge : 0;
  const toAdd = allowed - total(replicaSets, replicasOf);
  const sorted = replicaSets.toSorted((a, b) =>
    replicasOf(b) - replicasOf(a) || (toAdd > 0 ? compareText(ageKey(b), ageKey(a)) : compareText(ageKey(a), ageKey(b)))
  );
  const sizes = new Map<ReplicaSet, number>();
  let added = 0;
  for (const replicaSet of sorted) {
    const share = toAdd === 0 ? 0 : shareOf(deployment, replicaSet, allowed, toAdd - added);
    sizes.set(replicaSet, replicasOf(replicaSet) + share);
    added += share;
  }
  // Rounding leaves some over: the largest takes them.
  const [largest] = sorted;
  if (largest !== undefined) sizes.set(largest, Math.max(sizes.get(largest)! + toAdd - added, 0));
  return sizes;
}

/** How much the ReplicaSet grows when the whole grows to `allowed`; at most what is `left` to give or to take. */
function shareOf(deployment: Deployment, replicaSet: ReplicaSet, allowed: number, left: number): number {
  const size = replicasOf(replicaSet);
  if (left === 0) return 0;
  const before = numberIn(replicaSet, maxAnnotation) || (deployment.status?.replicas ?? 0);
  const share = allowed === 0 ? -size : before === 0 ? 0 : Math.round(size * allowed / before) - size;
  return left > 0 ? Math.min(share, left) : Math.max(share, left);
}

/** Old ReplicaSets beyond the history limit that nothing uses any more, the oldest revisions. */
export function surplusHistory(deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet[] {
  const limit = deployment.spec.revisionHistoryLimit;
  if (limit === undefined) return [];
  const alive = old.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const sorted = alive.toSorted((a, b) => Number(revisionOf(a) - revisionOf(b)) || compareText(ageKey(a), ageKey(b)));
  return sorted.slice(0, Math.max(alive.length - limit, 0)).filter((replicaSet) => {
    const { metadata, status } = replicaSet;
    const seen = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
    return replicasOf(replicaSet) === 0 && (status?.replicas ?? 0) === 0 && seen;
  });
}
