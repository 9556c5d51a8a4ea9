import { formatTime } from "../../../api/meta/time.ts";
import type { Node, NodeCondition } from "../../../api/types/core_v1.ts";

/** What a node's agent reports, and what nobody knows any more once it has fallen silent. */
const reported = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/**
 * The conditions of a node whose agent is silent: everything it reports is Unknown. Undefined when they say so already. Reasons and
 * messages are upstream's, which alerts and scripts look for.
 */
export function unknownConditions(node: Node, now: number): NodeCondition[] | undefined {
  const old = node.status?.conditions ?? [];
  const time = formatTime(now);
  const unknown: NodeCondition[] = [];
  for (const type of reported) {
    const condition = old.find((other) => other.type === type);
    if (condition === undefined) {
      unknown.push({
        type,
        status: "Unknown",
        reason: "NodeStatusNeverUpdated",
        message: "Kubelet never posted node status.",
        lastHeartbeatTime: node.metadata.creationTimestamp ?? time,
        lastTransitionTime: time,
      });
    } else if (condition.status !== "Unknown") {
      unknown.push({
        ...condition,
        status: "Unknown",
        reason: "NodeStatusUnknown",
        message: "Kubelet stopped posting node status.",
        lastTransitionTime: time,
      });
    }
  }
  if (unknown.length === 0) return undefined;
  const changed = new Set(unknown.map(({ type }) => type));
  return [...old.filter(({ type }) => !changed.has(type)), ...unknown];
}
