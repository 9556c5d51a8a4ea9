import type { Container } from "../runtime/contract.ts";
import type { Plan } from "./plan.ts";
import { shouldRestart } from "./restart.ts";
import { type End, isRunning, isSidecar, latest, type PodState } from "./state.ts";

/** A sidecar that is told to stop after the main containers have used up the time still gets this much. */
const minimumGraceSeconds = 2;

/** Takes a Pod from `ending` to `gone`, one stage at a time. */
export function decideEnd(plan: Plan): void {
  if (plan.state.stage.at === "ending") stop(plan);
  const { stage, pod, absent } = plan.state;
  const deleted = absent || pod.metadata.deletionTimestamp !== undefined;
  if (stage.at === "ended") {
    if (deleted && !anythingInFlight(plan)) plan.do({ type: "clear" });
    else if (!deleted && plan.state.volumes === "mounted") plan.do({ type: "unmountVolumes" });
  }
  if (plan.state.stage.at === "cleared") plan.do({ type: "deleteObject" });
}

/** `clear` runs alone: what still works on the Pod could leave something behind it. */
function anythingInFlight(plan: Plan): boolean {
  return [...plan.state.inFlight.keys()].some((key) => key !== "clear");
}

function stop(plan: Plan): void {
  const { state } = plan;
  const running = state.containers.filter(isAlive);
  for (const container of nextToKill(state, running)) {
    plan.kill({ type: "killContainer", container, graceSeconds: graceFor(plan), message: killMessage(container) });
  }
  if (running.length > 0 || starting(state)) return;
  const up = state.sandboxes.filter((sandbox) => sandbox.ready);
  for (const sandbox of up) plan.do({ type: "stopSandbox", id: sandbox.id });
  if (up.length > 0 || state.stage.at !== "ending") return;
  plan.state = { ...state, stage: { at: "ended", why: state.stage.why } };
}

/** Main and plain init containers all at once; sidecars when these are dead, the last one first, each after the one before. */
function nextToKill(state: PodState, running: readonly Container[]): readonly Container[] {
  const sidecars = (state.pod.spec.initContainers ?? []).filter(isSidecar).map((spec) => spec.name);
  const others = running.filter((container) => !sidecars.includes(container.name));
  if (others.length > 0) return others;
  const last = sidecars.toReversed().find((name) => running.some((container) => container.name === name));
  return running.filter((container) => container.name === last);
}

function graceFor(plan: Plan): number {
  const { pod, stage } = plan.state;
  const total = pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30;
  const gone = stage.at === "ending" ? Math.floor((plan.now - stage.since) / 1000) : 0;
  // Forced deletion says 0; upstream gives it one second all the same.
  return Math.max(total - gone, total <= minimumGraceSeconds ? 1 : minimumGraceSeconds);
}

function killMessage(container: Container): string {
  return `Stopping container ${container.name}`;
}

function starting(state: PodState): boolean {
  return [...state.inFlight.keys()].some((key) => key.startsWith("start:") || key === "runSandbox");
}

/** A container that was made but never started has nothing to stop. */
export function isAlive(container: Container): boolean {
  return container.state === "running" || container.state === "unknown";
}

/** Set when every container has ended and none is to run again; or when an init container failed for good. */
export function finished(state: PodState): End | undefined {
  const { pod } = state;
  const phase = pod.status?.phase;
  // Decided before a restart of the agent; what the runtime still knows may be less than that.
  if (phase === "Succeeded") return { type: "completed" };
  if (phase === "Failed") {
    const { reason = "", message = "" } = pod.status!;
    return reason === "" ? { type: "completed" } : { type: "failed", reason, message };
  }
  for (const spec of pod.spec.initContainers ?? []) {
    if (isSidecar(spec)) continue;
    const container = latest(state, spec.name);
    if (container?.state !== "exited") continue;
    // After that it may have run once more only because its sandbox was made anew.
    const mainStarted = pod.spec.containers.some((main) =>
      state.containers.some((other) => other.name === main.name && other.sandboxId === container.sandboxId)
    );
    if (mainStarted) continue;
    if (container.exitCode !== 0 && !shouldRestart(pod, spec, container)) return { type: "completed" };
  }
  const ended = pod.spec.containers.every((spec) => {
    const container = latest(state, spec.name);
    return container?.state === "exited" && !shouldRestart(pod, spec, container) &&
      !state.inFlight.has(`start:${spec.name}`);
  });
  return ended && !pod.spec.containers.some((spec) => isRunning(latest(state, spec.name)))
    ? { type: "completed" }
    : undefined;
}
