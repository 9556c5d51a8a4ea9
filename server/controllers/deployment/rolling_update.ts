import type { Deployment, ReplicaSet } from "../../../api/types/apps_v1.ts";
import { availableOf, byAge, fenceposts, replicasOf, total } from "./replica_set_facts.ts";
import type { Sizes } from "./scale.ts";

/** The size that the new ReplicaSet may have now: it grows as far as the surge allows. */
export function newSize(deployment: Deployment, fresh: ReplicaSet, old: readonly ReplicaSet[]): number {
  const replicas = replicasOf(deployment);
  const size = replicasOf(fresh);
  if (size >= replicas) return replicas;
  const room = replicas + fenceposts(deployment).maxSurge - total([...old, fresh], replicasOf);
  return room <= 0 ? size : size + Math.min(room, replicas - size);
}

/** The sizes of old ReplicaSets that can shrink now: what is not available goes first, for nobody misses it. */
export function oldSizes(deployment: Deployment, fresh: ReplicaSet, old: readonly ReplicaSet[]): Sizes {
  const minAvailable = replicasOf(deployment) - fenceposts(deployment).maxUnavailable;
  const all = [...old, fresh];
  // What the new one still lacks must not be made up for by what old ones lose.
  const newUnavailable = replicasOf(fresh) - availableOf(fresh);
  const most = total(all, replicasOf) - minAvailable - newUnavailable;
  const sizes = new Map<ReplicaSet, number>();
  if (most <= 0 || total(old, replicasOf) === 0) return sizes;
  let given = 0;
  const size = (replicaSet: ReplicaSet) => sizes.get(replicaSet) ?? replicasOf(replicaSet);
  const shrink = (replicaSet: ReplicaSet, by: number) => {
    if (by > 0) sizes.set(replicaSet, size(replicaSet) - by);
  };
  for (const replicaSet of byAge(old)) {
    const unhealthy = Math.min(most - given, size(replicaSet) - availableOf(replicaSet));
    shrink(replicaSet, unhealthy);
    given += Math.max(unhealthy, 0);
  }
  let spare = total(all, availableOf) - minAvailable;
  for (const replicaSet of byAge(old)) {
    const healthy = Math.min(spare, size(replicaSet));
    shrink(replicaSet, healthy);
    spare -= Math.max(healthy, 0);
  }
  return sizes;
}
