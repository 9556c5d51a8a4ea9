import { findCondition } from "../../../api/meta/conditions.ts";
import type { Pod, Service } from "../../../api/types/core_v1.ts";

export const triggerTimeAnnotation = "endpoints.kubernetes.io/last-change-trigger-time";

/** When the latest of the changes happened that the endpoints of the Service follow from: measures how late they are. */
export function triggerTime(service: Service, pods: readonly Pod[]): string {
  let latest = service.metadata.creationTimestamp ?? "";
  for (const { status, metadata } of pods) {
    const ready = findCondition(status?.conditions, "Ready")?.lastTransitionTime ?? "";
    for (const time of [ready, metadata.deletionTimestamp ?? ""]) if (time > latest) latest = time;
  }
  return latest;
}
