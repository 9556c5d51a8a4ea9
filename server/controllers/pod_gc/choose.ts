import type { Pod } from "../../../api/types/core_v1.ts";
import { isTerminal } from "../shared/pod_state.ts";

/** Never bound to a node and marked to go: no agent will ever finish it. */
export function isUnscheduledTerminating(pod: Pod): boolean {
  return !pod.spec.nodeName && pod.metadata.deletionTimestamp !== undefined;
}

/** Has ended and stays: it counts towards the limit. */
export function countsAsTerminated(pod: Pod): boolean {
  return isTerminal(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** The oldest, as many as there are beyond `limit`. */
export function oldestBeyond(pods: readonly Pod[], limit: number): Pod[] {
  return pods.length <= limit ? [] : pods.toSorted(byAge).slice(0, pods.length - limit);
}

function byAge({ metadata: a }: Pod, { metadata: b }: Pod): number {
  const [left, right] = [a.creationTimestamp ?? "", b.creationTimestamp ?? ""];
  if (left !== right) return left < right ? -1 : 1;
  return (a.name ?? "") < (b.name ?? "") ? -1 : 1;
}
