import { findCondition } from "../../api/meta/conditions.ts";
import { formatTime } from "../../api/meta/time.ts";
import type { NodeCondition } from "../../api/types/core_v1.ts";
import type { RuntimeCondition } from "../runtime/contract.ts";
import type { Filesystem } from "./machine.ts";

/** What was seen of the node at one time. */
export interface Observation {
  /** Why the runtime does not answer; undefined when it does. */
  readonly runtimeError: string | undefined;
  readonly runtime: readonly RuntimeCondition[];
  /** Undefined where this node has no part that must be ready besides the runtime's; else why it is not. */
  readonly notReady: string | undefined;
  readonly availableMemoryBytes: number;
  readonly filesystem: Filesystem;
  readonly freePids: number | undefined;
}

/** Below these a node is under pressure: the kubelet's defaults for hard eviction. */
const memoryThreshold = 100 * 2 ** 20;
const diskThreshold = 0.1;
const inodeThreshold = 0.05;
const pidThreshold = 100;

/** The node's conditions. A condition's time carries over from before while its status stays the same. */
export function nodeConditions(
  seen: Observation,
  before: readonly NodeCondition[] | undefined,
  now: number,
): NodeCondition[] {
  const { filesystem } = seen;
  const diskFull = filesystem.availableBytes < diskThreshold * filesystem.totalBytes ||
    (filesystem.inodes !== undefined && (filesystem.freeInodes ?? 0) < inodeThreshold * filesystem.inodes);
  const pressures: [string, boolean, string, string][] = [
    ["MemoryPressure", seen.availableMemoryBytes < memoryThreshold, "InsufficientMemory", "SufficientMemory"],
    ["DiskPressure", diskFull, "DiskPressure", "NoDiskPressure"],
    ["PIDPressure", (seen.freePids ?? Infinity) < pidThreshold, "InsufficientPID", "SufficientPID"],
  ];
  const conditions = pressures.map(([type, isTrue, bad, good]): NodeCondition => ({
    type,
    status: isTrue ? "True" : "False",
    reason: `KubeletHas${isTrue ? bad : good}`,
    message: `kubelet has ${words(isTrue ? bad : good)}`,
  }));
  conditions.push(ready(seen));
  return conditions.map((condition) => {
    const old = findCondition(before, condition.type);
    const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : undefined;
    return {
      ...condition,
      lastHeartbeatTime: formatTime(now),
      lastTransitionTime: lastTransitionTime ?? formatTime(now),
    };
  });
}

function ready(seen: Observation): NodeCondition {
  const problems = seen.runtimeError === undefined
    ? seen.runtime.filter((condition) => !condition.status).map((condition) =>
      condition.type === "NetworkReady"
        ? `container runtime network not ready: ${condition.reason}: ${condition.message}`
        : `container runtime not ready: ${condition.type}: ${condition.reason}: ${condition.message}`
    )
    : [`container runtime is down: ${seen.runtimeError}`];
  if (seen.notReady !== undefined) problems.push(seen.notReady);
  return problems.length === 0
    ? { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" }
    : { type: "Ready", status: "False", reason: "KubeletNotReady", message: problems.join("; ") };
}

/** `InsufficientPID` as words: `insufficient PID`. */
function words(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/\b[A-Z][a-z]+/g, (word) => word.toLowerCase())
    .replace("pid", "PID");
}
