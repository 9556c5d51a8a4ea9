import { isConditionTrue } from "../../api/meta/conditions.ts";
import { formatTime } from "../../api/meta/time.ts";
import type { ContainerStatus, PodCondition } from "../../api/types/core_v1.ts";
import { isResizing } from "./resize.ts";
import { currentSandbox, isSidecar, type PodState } from "./state.ts";

/** The conditions that a node writes; every other one belongs to somebody else. */
export const ownConditions: ReadonlySet<string> = new Set([
  "PodReadyToStartContainers",
  "Initialized",
  "Ready",
  "ContainersReady",
  "PodScheduled",
  "PodResizePending",
  "PodResizeInProgress",
]);

type Verdict = { readonly status: "True" | "False"; readonly reason?: string; readonly message?: string };
const yes: Verdict = { status: "True" };

/** The node's own conditions; times carry over from the API's while the status stays the same. */
export function podConditions(
  state: PodState,
  phase: string,
  init: readonly ContainerStatus[],
  main: readonly ContainerStatus[],
  now: number,
): PodCondition[] {
  const containersReady = areContainersReady(state, phase, init, main);
  const verdicts: [string, Verdict][] = [
    ["PodReadyToStartContainers", hasSandbox(state, phase) ? yes : { status: "False" }],
    ["Initialized", isInitialized(state, phase, init, main)],
    ["Ready", isPodReady(state, containersReady)],
    ["ContainersReady", containersReady],
    ["PodScheduled", yes],
  ];
  const { generation } = state.pod.metadata;
  const lasting = verdicts.map(([type, verdict]) => {
    const before = state.pod.status?.conditions?.find((condition) => condition.type === type);
    const lastTransitionTime = before?.status === verdict.status && before.lastTransitionTime
      ? before.lastTransitionTime
      : formatTime(now);
    return {
      type,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      ...verdict,
      lastTransitionTime,
    };
  });
  return [...lasting, ...resizeConditions(state, phase, now)];
}

/** Only there while there is something to say: a resize that waits, one that is being carried out, or both, one after the other. */
function resizeConditions(state: PodState, phase: string, now: number): PodCondition[] {
  if (phase === "Succeeded" || phase === "Failed" || state.stage.at !== "active") return [];
  const condition = (type: string, generation: number, reason?: string, message?: string): PodCondition => {
    const before = state.pod.status?.conditions?.find((other) => other.type === type);
    const isOld = before?.lastTransitionTime !== undefined && (before.reason || undefined) === reason;
    return {
      type,
      status: "True",
      ...(generation > 0 ? { observedGeneration: generation } : {}),
      ...(reason ? { reason } : {}),
      ...(message ? { message } : {}),
      lastTransitionTime: isOld ? before.lastTransitionTime! : formatTime(now),
    };
  };
  const { pendingResize: pending, resize } = state;
  const { generation = 0 } = state.pod.metadata;
  return [
    ...(pending ? [condition("PodResizePending", pending.generation, pending.reason, pending.message)] : []),
    ...(isResizing(state)
      ? [condition("PodResizeInProgress", resize?.generation ?? generation, resize?.error && "Error", resize?.error)]
      : []),
  ];
}

function hasSandbox(state: PodState, phase: string): boolean {
  const sandbox = currentSandbox(state);
  return phase !== "Succeeded" && phase !== "Failed" && (sandbox?.ready ?? false) &&
    (state.pod.spec.hostNetwork === true || sandbox!.ips.length > 0);
}

function isInitialized(
  state: PodState,
  phase: string,
  init: readonly ContainerStatus[],
  main: readonly ContainerStatus[],
): Verdict {
  const specs = state.pod.spec.initContainers ?? [];
  if (phase === "Succeeded") return { status: "True", reason: "PodCompleted" };
  if (main.some((status) => status.containerID !== undefined)) return yes;
  const missing = init.filter((status, i) => isSidecar(specs[i]!) ? !status.started : !status.ready);
  if (missing.length === 0) return yes;
  return {
    status: "False",
    reason: "ContainersNotInitialized",
    message: `containers with incomplete status: [${missing.map((status) => status.name).join(" ")}]`,
  };
}

function areContainersReady(
  state: PodState,
  phase: string,
  init: readonly ContainerStatus[],
  main: readonly ContainerStatus[],
): Verdict {
  if (phase === "Succeeded") return { status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { status: "False", reason: "PodFailed" };
  const specs = state.pod.spec.initContainers ?? [];
  const counted = [...init.filter((_, i) => isSidecar(specs[i]!)), ...main];
  const unready = counted.filter((status) => !status.ready);
  if (unready.length === 0) return yes;
  return {
    status: "False",
    reason: "ContainersNotReady",
    message: `containers with unready status: [${unready.map((status) => status.name).join(" ")}]`,
  };
}

function isPodReady(state: PodState, containersReady: Verdict): Verdict {
  if (containersReady.status === "False") return containersReady;
  const missing = (state.pod.spec.readinessGates ?? [])
    .filter((gate) => !isConditionTrue(state.pod.status?.conditions, gate.conditionType))
    .map((gate) => gate.conditionType);
  if (missing.length === 0) return yes;
  return {
    status: "False",
    reason: "ReadinessGatesNotReady",
    message: missing.map((type) =>
      `corresponding condition of pod readiness gate "${type}" does not exist or is not True.`
    )
      .join(", "),
  };
}
