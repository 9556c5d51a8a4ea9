import { findCondition, setCondition } from "../../../api/meta/conditions.ts";
import type { Node, NodeCondition, Taint } from "../../../api/types/core_v1.ts";

/** A node whose Lease was not renewed for so long counts as lost, in milliseconds. */
export const gracePeriod = 40_000;

export const notReadyTaint = "node.kubernetes.io/not-ready";
export const unreachableTaint = "node.kubernetes.io/unreachable";

/** What a node's agent reports, and nobody knows any more when it is silent. */
const reported = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] as const;

/** The conditions of a silent node. */
export function silentConditions(node: Node, now: number): NodeCondition[] {
  let conditions = node.status?.conditions ?? [];
  for (const type of reported) {
    const old = findCondition(conditions, type);
    const told = old === undefined
      ? { reason: "NodeStatusNeverUpdated", message: "Kubelet never posted node status." }
      : { reason: "NodeStatusUnknown", message: "Kubelet stopped posting node status." };
    // Already unknown: what it says since then stays.
    if (old?.status === "Unknown") continue;
    const heartbeat = old?.lastHeartbeatTime === undefined ? {} : { lastHeartbeatTime: old.lastHeartbeatTime };
    conditions = setCondition<NodeCondition>(conditions, { type, status: "Unknown", ...told, ...heartbeat }, now);
  }
  return conditions;
}

/** Conditions by the status in which they keep new Pods off the node. */
const schedulingTaints: readonly { type: string; status: string; key: string }[] = [
  { type: "Ready", status: "False", key: notReadyTaint },
  { type: "Ready", status: "Unknown", key: unreachableTaint },
  { type: "MemoryPressure", status: "True", key: "node.kubernetes.io/memory-pressure" },
  { type: "DiskPressure", status: "True", key: "node.kubernetes.io/disk-pressure" },
  { type: "PIDPressure", status: "True", key: "node.kubernetes.io/pid-pressure" },
  { type: "NetworkUnavailable", status: "True", key: "node.kubernetes.io/network-unavailable" },
];

const unschedulableTaint = "node.kubernetes.io/unschedulable";
const ownKeys: ReadonlySet<string> = new Set([...schedulingTaints.map(({ key }) => key), unschedulableTaint]);

/**
 * The taints that follow from the node's conditions, in place of those that followed from earlier ones; others stay as they are. `evict`
 * says whether Pods shall leave a node that is not ready.
 */
export function taintsFor(node: Node, evict: boolean, time: string): Taint[] {
  const wanted: Taint[] = schedulingTaints
    .filter(({ type, status }) => findCondition(node.status?.conditions, type)?.status === status)
    .map(({ key }) => ({ key, effect: "NoSchedule" }));
  if (node.spec.unschedulable) wanted.push({ key: unschedulableTaint, effect: "NoSchedule" });
  const down = wanted.find(({ key }) => key === notReadyTaint || key === unreachableTaint);
  if (down !== undefined && evict) wanted.push({ key: down.key, effect: "NoExecute" });
  const old = node.spec.taints ?? [];
  const kept = old.filter(({ key, effect }) => !ownKeys.has(key) || effect === "PreferNoSchedule");
  return [...kept, ...wanted.map((taint) => old.find(isSameTaint(taint)) ?? { ...taint, timeAdded: time })];
}

export function isSameTaint(a: Taint): (b: Taint) => boolean {
  return (b) => a.key === b.key && a.effect === b.effect;
}

export function isNodeReady(node: Node): boolean {
  return findCondition(node.status?.conditions, "Ready")?.status === "True";
}
