import { Quantity } from "../../api/meta/quantity.ts";
import type { Pod } from "../../api/types/core_v1.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

/** As documented in "Pod Quality of Service Classes": only cpu and memory count, of init containers too. */
export function qosClass(pod: Pod): QosClass {
  if (pod.status?.qosClass) return pod.status.qosClass as QosClass;
  const all = pod.spec.resources ? [pod.spec.resources] : [
    ...pod.spec.containers,
    ...pod.spec.initContainers ?? [],
  ].map((container) => container.resources ?? {});
  let any = false;
  let guaranteed = true;
  for (const { limits, requests } of all) {
    for (const resource of ["cpu", "memory"]) {
      const limit = positive(limits?.[resource]);
      const request = positive(requests?.[resource]) ?? limit;
      if (limit || request) any = true;
      if (!limit || !request?.equals(limit)) guaranteed = false;
    }
  }
  return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
}

function positive(text: string | undefined): Quantity | undefined {
  const quantity = text === undefined ? undefined : Quantity.parse(text);
  return quantity && quantity.sign() > 0 ? quantity : undefined;
}
