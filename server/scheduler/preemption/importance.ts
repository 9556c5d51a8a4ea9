import { parseTime } from "../../../api/meta/time.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import { priorityOf } from "../node_info.ts";

/** Milliseconds since the epoch; a Pod that has not started counts as the youngest. */
export function startOf({ status }: Pod): number {
  return status?.startTime ? parseTime(status.startTime) : Infinity;
}

/** Orders the most important first: by priority, then by how long it has run. */
export function byImportance(a: Pod, b: Pod): number {
  const [first, second] = [priorityOf(a), priorityOf(b)];
  if (first !== second) return second - first;
  const [started, later] = [startOf(a), startOf(b)];
  return started === later ? 0 : started - later;
}
