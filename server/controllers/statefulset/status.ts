import type { StatefulSetStatus } from "../../../api/types/apps_v1.ts";
import { isAvailable, isReady, isTerminal } from "../shared/pod_state.ts";
import { revisionOf } from "./identity.ts";
import { ordinals, type SetView } from "./plan.ts";

/** Zeroes that the API leaves out are left out. */
export function statefulSetStatus(view: SetView, collisionCount: number): StatefulSetStatus {
  const { set, now } = view;
  const names = { current: view.current.metadata.name ?? "", update: view.update.metadata.name ?? "" };
  const count = { ready: 0, available: 0, current: 0, updated: 0 };
  for (const pod of view.pods) {
    if (isReady(pod) && !isTerminal(pod)) {
      count.ready++;
      if (isAvailable(pod, set.spec.minReadySeconds ?? 0, now)) count.available++;
    }
    if (pod.metadata.deletionTimestamp !== undefined) continue;
    if (revisionOf(pod) === names.current) count.current++;
    if (revisionOf(pod) === names.update) count.updated++;
  }
  const { first, end } = ordinals(set);
  const wanted = end - first;
  const isUpdated = count.updated === wanted && view.pods.length === wanted && count.ready === wanted;
  const current = isUpdated ? count.updated : count.current;
  const { conditions } = set.status ?? {};
  return {
    ...(set.metadata.generation ? { observedGeneration: set.metadata.generation } : {}),
    replicas: view.pods.length,
    ...(count.ready > 0 ? { readyReplicas: count.ready } : {}),
    ...(current > 0 ? { currentReplicas: current } : {}),
    ...(count.updated > 0 ? { updatedReplicas: count.updated } : {}),
    currentRevision: isUpdated ? names.update : names.current,
    updateRevision: names.update,
    collisionCount,
    ...(conditions === undefined ? {} : { conditions }),
    availableReplicas: count.available,
  };
}
