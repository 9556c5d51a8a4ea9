import { parseTime } from "../../../api/meta/time.ts";
import type { Pod, Taint } from "../../../api/types/core_v1.ts";
import { tolerates } from "../../scheduler/plugins/taint_toleration.ts";

/**
 * When (milliseconds since the epoch) a Pod has to leave a node with these taints; `-Infinity` for at once, undefined when it may stay. `since` is the
 * earliest time from which a taint counts, so that a server which was away for long does not evict at its start.
 */
export function evictionTime(pod: Pod, taints: readonly Taint[], since: number): number | undefined {
  let time: number | undefined;
  for (const taint of taints) {
    if (taint.effect !== "NoExecute") continue;
    const seconds = toleratedSeconds(pod, taint);
    if (seconds === undefined) return -Infinity;
    const start = Math.max(taint.timeAdded ? parseTime(taint.timeAdded) : since, since);
    const end = seconds <= 0 ? -Infinity : start + seconds * 1000;
    if (end !== Infinity) time = Math.min(time ?? Infinity, end);
  }
  return time;
}

/** Undefined when it is not tolerated at all, infinite when without limit. Of several tolerations the shortest counts, as upstream. */
function toleratedSeconds(pod: Pod, taint: Taint): number | undefined {
  const matching = (pod.spec.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
  if (matching.length === 0) return undefined;
  return Math.min(...matching.map(({ tolerationSeconds = Infinity }) => tolerationSeconds));
}
