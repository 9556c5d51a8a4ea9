import { parseTime } from "../../../api/meta/time.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import { isReady, readySince } from "./pod_state.ts";

const costAnnotation = "controller.kubernetes.io/pod-deletion-cost";
const phaseOrder: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * The Pods in the order in which a controller gives them up, as upstream has it: unassigned before assigned, pending before running, not ready
 * before ready, cheap before costly, on crowded nodes before lonely ones, ready for a short time before a long one, often restarted
 * before seldom, young before old. `related` are the Pods that count for the crowding.
 */
export function inDeletionOrder(pods: readonly Pod[], related: readonly Pod[], now: number): Pod[] {
  const onNode = new Map<string, number>();
  for (const { spec } of related) {
    if (spec.nodeName) onNode.set(spec.nodeName, (onNode.get(spec.nodeName) ?? 0) + 1);
  }
  const rank = (pod: Pod): number[] => [
    pod.spec.nodeName ? 1 : 0,
    phaseOrder[pod.status?.phase ?? "Pending"] ?? 0,
    isReady(pod) ? 1 : 0,
    deletionCost(pod),
    -(onNode.get(pod.spec.nodeName ?? "") ?? 0),
    ageRank(readySince(pod), now),
    -maxRestarts(pod),
    ageRank(pod.metadata.creationTimestamp && parseTime(pod.metadata.creationTimestamp), now),
  ];
  return pods.map((pod) => ({ pod, rank: rank(pod) })).sort((a, b) => compare(a.rank, b.rank)).map(({ pod }) => pod);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - b[index]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Ages of the same order of magnitude count as the same, so that the youngest is not always the victim. */
function ageRank(time: number | "" | undefined, now: number): number {
  return time ? Math.floor(Math.log2(Math.max((now - time) / 1000, 1))) : 0;
}

function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[costAnnotation] ?? "";
  return /^-?[0-9]{1,10}$/.test(text) ? Number(text) : 0;
}

function maxRestarts(pod: Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
}
