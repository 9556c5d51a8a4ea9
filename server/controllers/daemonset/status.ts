import type { DaemonSetStatus } from "../../../api/types/apps_v1.ts";
import { isAvailable, isReady } from "../shared/pod_state.ts";
import { type ClusterView, isOfHash } from "./plan.ts";

/** Zeroes that the API leaves out are left out. */
export function daemonSetStatus(world: ClusterView, collisionCount: number): DaemonSetStatus {
  const { daemonSet, hash, now } = world;
  const count = { desired: 0, current: 0, misscheduled: 0, ready: 0, available: 0, updated: 0 };
  for (const { placement, pods } of world.nodes) {
    const [oldest] = pods;
    if (!placement.shouldRun) {
      if (oldest !== undefined) count.misscheduled++;
      continue;
    }
    count.desired++;
    if (oldest === undefined) continue;
    count.current++;
    // While a surge is under way the old one serves on, and the new one counts as soon as it does.
    const serving = pods.filter(isReady);
    if (serving.length > 0) count.ready++;
    if (serving.some((pod) => isAvailable(pod, daemonSet.spec.minReadySeconds ?? 0, now))) count.available++;
    if (pods.some((pod) => isOfHash(pod, hash))) count.updated++;
  }
  const unavailable = count.desired - count.available;
  const { conditions } = daemonSet.status ?? {};
  return {
    currentNumberScheduled: count.current,
    numberMisscheduled: count.misscheduled,
    desiredNumberScheduled: count.desired,
    numberReady: count.ready,
    ...(daemonSet.metadata.generation ? { observedGeneration: daemonSet.metadata.generation } : {}),
    ...(count.updated > 0 ? { updatedNumberScheduled: count.updated } : {}),
    ...(count.available > 0 ? { numberAvailable: count.available } : {}),
    ...(unavailable > 0 ? { numberUnavailable: unavailable } : {}),
    ...(collisionCount > 0 ? { collisionCount } : {}),
    ...(conditions === undefined ? {} : { conditions }),
  };
}
