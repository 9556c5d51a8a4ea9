import { parseTime } from "../../../api/meta/time.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import { isTerminal } from "../shared/pod_state.ts";

const base = 1_000;
const max = 5 * 60_000;

/**
 * Milliseconds to wait before Pods are made in place of ones that their node refused, so that no container of theirs ever was: from a second, doubling with
 * each attempt since a Pod was last taken. Upstream does not wait, and makes Pods as fast as it can.
 */
export function untilNextAttempt(pods: readonly Pod[], now: number): number {
  const taken = Math.max(-Infinity, ...pods.filter((pod) => !isTerminal(pod) && hasContainers(pod)).map(creationOf));
  const refused = pods.filter(isRefused).map(creationOf).filter((at) => at >= taken);
  if (refused.length === 0) return 0;
  // Those of one attempt are made in the same second, or nearly.
  const attempts = new Set(refused).size;
  const delay = Math.min(base * 2 ** Math.min(attempts - 1, 20), max);
  return Math.max(Math.max(...refused) + delay - now, 0);
}

function isRefused(pod: Pod): boolean {
  return pod.status?.phase === "Failed" && pod.metadata.deletionTimestamp === undefined && !hasContainers(pod);
}

function hasContainers({ status }: Pod): boolean {
  return [status?.containerStatuses, status?.initContainerStatuses].some((statuses) => (statuses ?? []).length > 0);
}

function creationOf({ metadata }: Pod): number {
  return metadata.creationTimestamp ? parseTime(metadata.creationTimestamp) : 0;
}
