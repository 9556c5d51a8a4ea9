import type { Container as SpecContainer } from "../../api/types/core_v1.ts";
import type { Container, Sandbox } from "../runtime/contract.ts";
import { nextBackOff, waitsUntil } from "./back_off.ts";
import { isAlive } from "./decide_end.ts";
import type { Plan } from "./plan.ts";
import { madeForOtherResources } from "./pod_resources.ts";
import { isCgroupOutdated, outdatedContainers } from "./resize.ts";
import { hashChanged, restartPolicyOf, shouldRestart } from "./restart.ts";
import { currentSandbox, isSidecar, isStarted, latest } from "./state.ts";

/** Makes what the spec asks for: volumes, sandbox and images at once, then init containers in order, then the main ones in order. */
export function decideContainers(plan: Plan): void {
  const { volumes, refreshAt } = plan.state;
  if (volumes === "unmounted" || refreshAt <= plan.now) plan.do({ type: "mountVolumes" });
  else if (refreshAt < Infinity) plan.wake(refreshAt);
  const sandbox = currentSandbox(plan.state);
  if (!sandbox?.ready) {
    replaceSandbox(plan, sandbox);
    prefetch(plan);
    return;
  }
  // A start that was under way while its sandbox died.
  if (killOutside(plan, sandbox)) return;
  if (isCgroupOutdated(plan.state) || outdatedContainers(plan.state).some(({ restarts }) => !restarts)) {
    plan.do({ type: "resize" });
  }
  const stage = decideInit(plan, sandbox);
  if (stage === "initialized") decideMain(plan, sandbox);
  for (const spec of plan.state.pod.spec.ephemeralContainers ?? []) {
    if (!latest(plan.state, spec.name) && !start(plan, spec, sandbox)) break;
  }
}

function replaceSandbox(plan: Plan, dead: Sandbox | undefined): void {
  if (killOutside(plan, undefined)) return;
  plan.do({ type: "runSandbox", attempt: dead ? dead.attempt + 1 : 0 });
}

/** Ends what runs in another sandbox than this one; answers whether there is anything. */
function killOutside(plan: Plan, sandbox: Sandbox | undefined): boolean {
  const { containers, pod } = plan.state;
  const outside = containers.filter((container) => isAlive(container) && container.sandboxId !== sandbox?.id);
  for (const container of outside) {
    const graceSeconds = pod.spec.terminationGracePeriodSeconds ?? 30;
    plan.kill({
      type: "killContainer",
      container,
      graceSeconds,
      message: "Pod sandbox changed, it will be killed and re-created.",
    });
  }
  return outside.length > 0;
}

/** While the sandbox is made the images of the first containers can come already. */
function prefetch(plan: Plan): void {
  const { initContainers = [], containers } = plan.state.pod.spec;
  const [first] = initContainers;
  for (const spec of first ? [first] : containers) wantImage(plan, spec);
}

/** Answers `initialized` when the main containers may run. */
function decideInit(plan: Plan, sandbox: Sandbox): "initializing" | "initialized" {
  const { initContainers = [], containers } = plan.state.pod.spec;
  const inSandbox = (spec: SpecContainer) =>
    plan.state.containers.find((other) => other.name === spec.name && other.sandboxId === sandbox.id);
  const mainsCreated = containers.some((spec) => inSandbox(spec) || plan.state.inFlight.has(`start:${spec.name}`));
  let stage: "initializing" | "initialized" = "initialized";
  for (const [index, spec] of initContainers.entries()) {
    const container = inSandbox(spec);
    if (isSidecar(spec)) {
      const up = keepRunning(plan, spec, container, sandbox);
      if (!mainsCreated && !(up && isStarted(plan.state, spec, container))) stage = "initializing";
    } else if (!mainsCreated && !(container?.state === "exited" && container.exitCode === 0)) {
      // One that is missing while a later one has run was collected after its success.
      const laterRan = initContainers.slice(index + 1).some((later) => inSandbox(later));
      if (container || !laterRan) {
        keepRunning(plan, spec, container, sandbox);
        stage = "initializing";
      }
    }
    if (stage === "initializing") break;
  }
  return stage;
}

function decideMain(plan: Plan, sandbox: Sandbox): void {
  const { containers } = plan.state.pod.spec;
  for (const spec of containers) wantImageSoon(plan, spec);
  for (const spec of containers) {
    const container = latest(plan.state, spec.name);
    // The one before holds up those behind it while its image comes or its postStart runs, as upstream's sequence does.
    if (keepRunning(plan, spec, container, sandbox) === "busy") break;
  }
}

function wantImageSoon(plan: Plan, spec: SpecContainer): void {
  if (!latest(plan.state, spec.name)) wantImage(plan, spec);
}

/** `true` when it runs as it should, `busy` while it is being started, `false` when it is down. */
function keepRunning(
  plan: Plan,
  spec: SpecContainer,
  container: Container | undefined,
  sandbox: Sandbox,
): boolean | "busy" {
  const { state } = plan;
  if (state.inFlight.has(`start:${spec.name}`)) return "busy";
  if (!container) return start(plan, spec, sandbox) ? "busy" : false;
  switch (container.state) {
    case "running":
      return !killIfWrong(plan, spec, container);
    case "unknown":
      kill(plan, spec, container, `Container ${spec.name} is in unknown state, will be restarted`);
      return false;
    case "created":
      // Its start failed or was never asked for: made anew, under the next attempt.
      return start(plan, spec, sandbox, container) ? "busy" : false;
    case "exited":
      if (!shouldRestart(state.pod, spec, container)) return false;
      return restart(plan, spec, sandbox, container) ? "busy" : false;
    default:
      return container.state satisfies never;
  }
}

function killIfWrong(plan: Plan, spec: SpecContainer, container: Container): boolean {
  const results = plan.state.probes[container.id];
  if (hashChanged(spec, container)) {
    kill(plan, spec, container, `Container ${spec.name} definition changed, will be restarted`);
  } else if (madeForOtherResources(spec, container)) {
    kill(plan, spec, container, `Container ${spec.name} resize requires restart`);
  } else if (results?.startup === false) {
    kill(plan, spec, container, failedProbe(plan, spec, "startup"), spec.startupProbe?.terminationGracePeriodSeconds);
  } else if (results?.liveness === false) {
    kill(plan, spec, container, failedProbe(plan, spec, "liveness"), spec.livenessProbe?.terminationGracePeriodSeconds);
  } else return false;
  return true;
}

function failedProbe(plan: Plan, spec: SpecContainer, probe: string): string {
  const failed = `Container ${spec.name} failed ${probe} probe`;
  return restartPolicyOf(plan.state.pod, spec) === "Never" ? failed : `${failed}, will be restarted`;
}

function kill(plan: Plan, spec: SpecContainer, container: Container, message: string, probeGrace?: number): void {
  if (plan.inFlight(`kill:${container.id}`)) return;
  const graceSeconds = probeGrace ?? plan.state.pod.spec.terminationGracePeriodSeconds ?? 30;
  plan.kill({ type: "killContainer", container, graceSeconds, message: message || `Stopping container ${spec.name}` });
}

function restart(plan: Plan, spec: SpecContainer, sandbox: Sandbox, ended: Container): boolean {
  const key = `restart:${spec.name}`;
  const backOff = plan.state.backOffs[key];
  const until = waitsUntil(backOff, ended.finishedAt, plan.now);
  if (until !== undefined) {
    plan.wake(until);
    return false;
  }
  const count = plan.actions.length;
  const begun = start(plan, spec, sandbox, ended);
  if (plan.actions.length > count && plan.actions.at(-1)!.type === "startContainer") {
    plan.state = {
      ...plan.state,
      backOffs: { ...plan.state.backOffs, [key]: nextBackOff(backOff, ended.finishedAt) },
    };
  }
  return begun;
}

/** False when it cannot be started for now: its image is not to be had, or the last try has just failed. */
function start(plan: Plan, spec: SpecContainer, sandbox: Sandbox, before = latest(plan.state, spec.name)): boolean {
  const { state } = plan;
  const key = `start:${spec.name}`;
  if (plan.actions.some((action) => action.type === "startContainer")) return true;
  if ([...state.inFlight.keys()].some((other) => other.startsWith("start:") && other !== key)) return true;
  const backOff = state.backOffs[key];
  const until = backOff && waitsUntil(backOff, backOff.at, plan.now);
  if (until !== undefined) {
    plan.wake(until);
    return false;
  }
  const image = wantImage(plan, spec);
  if (image === undefined) return plan.inFlight(`image:${spec.name}`);
  // The Pod's cgroup has to be wide enough before.
  if (state.volumes !== "mounted" || plan.inFlight("resize")) return true;
  plan.do({ type: "startContainer", container: spec.name, attempt: nextAttempt(plan, spec, before), image, sandbox });
  return true;
}

/** Counts on from what the API remembers when the runtime has forgotten. */
function nextAttempt(plan: Plan, spec: SpecContainer, before: Container | undefined): number {
  if (before) return before.attempt + 1;
  const { containerStatuses = [], initContainerStatuses = [] } = plan.state.pod.status ?? {};
  const known = [...containerStatuses, ...initContainerStatuses].find((status) => status.name === spec.name);
  return known?.containerID ? known.restartCount + 1 : 0;
}

/** The image's id when it is on the node; else it is sent for. */
function wantImage(plan: Plan, spec: SpecContainer): string | undefined {
  const known = plan.state.images[spec.name];
  // Looked for once per start: with policy Always a restart pulls again.
  const use = `${spec.image ?? ""}#${latest(plan.state, spec.name)?.id ?? ""}`;
  if (known?.type === "present" && known.use === use) return known.id;
  plan.do({ type: "ensureImage", container: spec.name, use });
  return undefined;
}
