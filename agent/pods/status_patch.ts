import { deepEqual } from "../../api/meta/deep_equal.ts";
import type { PodCondition, PodStatus } from "../../api/types/core_v1.ts";

/** Fields that this node gives and takes away again. */
const removable = [
  "reason",
  "message",
  "podIP",
  "podIPs",
  "initContainerStatuses",
  "ephemeralContainerStatuses",
] as const;

/**
 * The strategic merge patch that turns what the API has into what this node sees, and touches nothing that others write. Undefined when
 * there is no difference.
 */
export function statusPatch(before: PodStatus, after: PodStatus): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(after)) {
    const old = before[key as keyof PodStatus];
    if (key === "conditions") {
      const changed = changedConditions(before.conditions ?? [], after.conditions ?? []);
      if (changed.length > 0) patch[key] = changed;
    } else if (!deepEqual(old, value)) {
      const merges = (key === "podIPs" || key === "hostIPs") && Array.isArray(old) && old.length > 0;
      patch[key] = merges ? [{ $patch: "replace" }, ...value as unknown[]] : value;
    }
  }
  for (const key of removable) if (before[key] !== undefined && after[key] === undefined) patch[key] = null;
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** Conditions of this node that end with what they tell of. */
const passing: ReadonlySet<string> = new Set(["PodResizePending", "PodResizeInProgress"]);

function changedConditions(before: readonly PodCondition[], after: readonly PodCondition[]): Record<string, unknown>[] {
  const changed: Record<string, unknown>[] = [];
  for (const condition of after) {
    const old = before.find((other) => other.type === condition.type);
    if (deepEqual(normal(old), normal(condition))) continue;
    // Conditions are merged field by field: what the new one lacks has to be taken out of the old one.
    const gone = (["reason", "message"] as const).filter((key) => old?.[key] && condition[key] === undefined);
    changed.push({ ...condition, ...Object.fromEntries(gone.map((key) => [key, null])) });
  }
  for (const { type } of before) {
    if (passing.has(type) && !after.some((other) => other.type === type)) changed.push({ type, $patch: "delete" });
  }
  return changed;
}

function normal(condition: PodCondition | undefined): unknown {
  if (!condition) return undefined;
  const { lastProbeTime: _, reason, message, ...rest } = condition;
  return { ...rest, reason: reason || undefined, message: message || undefined };
}
