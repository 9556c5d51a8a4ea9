import type { Pod } from "../../../api/types/core_v1.ts";
import { isTerminal } from "../shared/pod_state.ts";

/** Never bound to a node and marked to go: no agent will ever finish it. */
export function isUnscheduledTerminating(pod: Pod): boolean {
  return !pod.spec.nodeName && pod.metadata.deletionTimestamp !== undefined;
}

/** The terminated Pods beyond `threshold`, the oldest first; those that are being deleted already do not count. */
export function terminatedBeyond(pods: readonly Pod[], threshold: number): Pod[] {
  const terminated = pods.filter((pod) => isTerminal(pod) && pod.metadata.deletionTimestamp === undefined);
  const excess = terminated.length - threshold;
  return excess <= 0 ? [] : terminated.sort(byAge).slice(0, excess);
}

function byAge({ metadata: a }: Pod, { metadata: b }: Pod): number {
  const [left, right] = [a.creationTimestamp ?? "", b.creationTimestamp ?? ""];
  if (left !== right) return left < right ? -1 : 1;
  return (a.name ?? "") < (b.name ?? "") ? -1 : 1;
}
