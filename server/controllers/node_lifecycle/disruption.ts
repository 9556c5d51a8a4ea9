import { findCondition } from "../../../api/meta/conditions.ts";
import type { Node } from "../../../api/types/core_v1.ts";

/**
 * How much of the cluster is silent. When most of it is, the fault more likely lies with the server or its network than with the nodes, and moving
 * Pods would do harm:
 *
 * - `normal`: Pods leave nodes that are not ready;
 * - `partial`: no further node is emptied;
 * - `full`: no node is.
 */
export type Disruption = "normal" | "partial" | "full";

/** Upstream's thresholds, for a cluster of up to 50 nodes and taken as one zone. */
export function disruptionOf(silent: number, total: number): Disruption {
  if (silent > 0 && silent === total) return "full";
  return silent > 2 && silent / total >= 0.55 ? "partial" : "normal";
}

/** `Unknown` while nothing was reported. */
export function readiness(node: Node): string {
  return findCondition(node.status?.conditions, "Ready")?.status ?? "Unknown";
}
