import { root } from "../../../api/meta/field.ts";
import type { Pod, PodCondition } from "../../../api/types/core_v1.ts";
import { addressWarnings } from "./address_warnings.ts";
import { own } from "./checks.ts";

/** Of a status that was submitted, what the server decides or a forgetful writer must not lose. */
export function preparePodStatus(pod: Pod, old: Readonly<Pod>): void {
  const status = pod.status = { ...pod.status };
  const before = old.status ?? {};
  if (!status.qosClass && before.qosClass) status.qosClass = before.qosClass;
  if (!status.observedGeneration && before.observedGeneration) status.observedGeneration = before.observedGeneration;
  if (status.conditions) status.conditions = withObservedGenerations(status.conditions, before.conditions ?? []);
  // Belongs to a feature that is off.
  delete status.nodeAllocatableResourceClaimStatuses;
}

/** Older writers know one address alone, and change that one alone. */
export function alignPodIPs(pod: Pod): void {
  const { podIP, podIPs } = pod.status ?? {};
  if (podIP && podIP !== podIPs?.[0]?.ip) pod.status = { ...pod.status, podIPs: [{ ip: podIP }] };
  else if (podIPs?.[0]?.ip && !podIP) pod.status = { ...pod.status, podIP: podIPs[0].ip };
}

export function podStatusWarnings({ status }: Pod): string[] {
  return (["podIPs", "hostIPs"] as const).flatMap((field) =>
    (status?.[field] ?? []).flatMap(({ ip = "" }, index) =>
      addressWarnings(root("status", field).index(index).child("ip"), ip)
    )
  );
}

/** A type may come several times: the first takes what the first had, and so on. */
function withObservedGenerations(now: readonly PodCondition[], before: readonly PodCondition[]): PodCondition[] {
  const known: Record<string, (number | undefined)[]> = {};
  for (const { type, observedGeneration } of before) {
    known[type] = [...own(known, type) ?? [], observedGeneration];
  }
  return now.map((condition) => {
    const generation = own(known, condition.type)?.shift();
    return condition.observedGeneration || !generation ? condition : { ...condition, observedGeneration: generation };
  });
}
