import type { Pod, Taint, Toleration } from "../../../api/types/core_v1.ts";
import { parseTime } from "../../../api/meta/time.ts";

export function tolerates({ key = "", operator = "Equal", value = "", effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key !== "" && key !== taint.key) return false;
  return operator === "Exists" || (operator === "Equal" && key !== "" && value === (taint.value ?? ""));
}

/**
 * When a Pod has to leave a node with these taints: milliseconds since the epoch, 0 for at once, undefined for never. `since` is when a taint that
 * does not say so itself counts as added.
 */
export function leavesAt(pod: Pod, taints: readonly Taint[], since: number): number | undefined {
  let earliest: number | undefined;
  for (const taint of taints) {
    if (taint.effect !== "NoExecute") continue;
    const matching = (pod.spec.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
    if (matching.length === 0) return 0;
    const seconds = matching.map(({ tolerationSeconds }) => tolerationSeconds).filter((value) => value !== undefined);
    if (seconds.length === 0) continue;
    const added = taint.timeAdded ? parseTime(taint.timeAdded) : since;
    const at = added + Math.max(Math.min(...seconds), 0) * 1000;
    earliest = Math.min(earliest ?? at, at);
  }
  return earliest;
}
