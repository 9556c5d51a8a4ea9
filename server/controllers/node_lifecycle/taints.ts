import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { findCondition } from "../../../api/meta/conditions.ts";
import { formatTime } from "../../../api/meta/time.ts";
import type { Node, Taint } from "../../../api/types/core_v1.ts";
import type { Disruption } from "./disruption.ts";

const notReady = "node.kubernetes.io/not-ready";
const unreachable = "node.kubernetes.io/unreachable";
const unschedulable = "node.kubernetes.io/unschedulable";

/** Which taint a condition brings in which status. */
const byCondition: readonly { readonly type: string; readonly taints: Readonly<Record<string, string>> }[] = [
  { type: "Ready", taints: { False: notReady, Unknown: unreachable } },
  { type: "MemoryPressure", taints: { True: "node.kubernetes.io/memory-pressure" } },
  { type: "DiskPressure", taints: { True: "node.kubernetes.io/disk-pressure" } },
  { type: "NetworkUnavailable", taints: { True: "node.kubernetes.io/network-unavailable" } },
  { type: "PIDPressure", taints: { True: "node.kubernetes.io/pid-pressure" } },
];

const ownNoSchedule: ReadonlySet<string> = new Set([
  unschedulable,
  ...byCondition.flatMap(({ taints }) => Object.values(taints)),
]);
const ownNoExecute: ReadonlySet<string> = new Set([notReady, unreachable]);

function isOwn({ key, effect }: Taint): boolean {
  return effect === "NoSchedule" ? ownNoSchedule.has(key) : effect === "NoExecute" && ownNoExecute.has(key);
}

/** The taints that a node should have: other people's as they are, and those its conditions ask for. Undefined when it has them. */
export function wantedTaints(node: Node, disruption: Disruption, now: number): Taint[] | undefined {
  const present = node.spec.taints ?? [];
  const own = [...noScheduleKeys(node).map((key) => ({ key, effect: "NoSchedule" })), ...noExecute(node, disruption)];
  const wanted = own.map((taint): Taint =>
    present.find(({ key, effect }) => key === taint.key && effect === taint.effect) ??
      { ...taint, timeAdded: formatTime(now) }
  );
  const taints = [...present.filter((taint) => !isOwn(taint) || wanted.includes(taint))];
  for (const taint of wanted) if (!taints.includes(taint)) taints.push(taint);
  return deepEqual(taints, present) ? undefined : taints;
}

function noScheduleKeys(node: Node): string[] {
  const keys = node.spec.unschedulable ? [unschedulable] : [];
  for (const { type, taints } of byCondition) {
    const key = taints[findCondition(node.status?.conditions, type)?.status ?? ""];
    if (key !== undefined) keys.push(key);
  }
  return keys;
}

function noExecute(node: Node, disruption: Disruption): Taint[] {
  const key = byCondition[0]!.taints[findCondition(node.status?.conditions, "Ready")?.status ?? ""];
  if (key === undefined || disruption === "full") return [];
  const isTainted = node.spec.taints?.some((taint) => taint.effect === "NoExecute" && ownNoExecute.has(taint.key));
  return disruption === "partial" && !isTainted ? [] : [{ key, effect: "NoExecute" }];
}
