import { formatTime } from "../../api/meta/time.ts";
import type {
  Container as SpecContainer,
  ContainerState,
  ContainerStateTerminated,
  ContainerStatus,
} from "../../api/types/core_v1.ts";
import type { Container } from "../runtime/contract.ts";
import { waitsUntil } from "./back_off.ts";
import { appliedTo } from "./pod_resources.ts";
import { shouldRestart } from "./restart.ts";
import { isReady, isSidecar, isStarted, latest, type PodState, type Reason } from "./state.ts";

/** One entry of `containerStatuses`. `before` is what the API has: it may remember more than the runtime. */
export function containerStatus(
  state: PodState,
  spec: SpecContainer,
  before: ContainerStatus | undefined,
  now: number,
): ContainerStatus {
  const all = state.containers.filter((container) => container.name === spec.name);
  const [newest, previous] = all;
  if (!newest) return forgotten(state, spec, before, now);
  const restarting = newest.state === "exited" && isRestarting(state, spec, newest);
  const current = containerState(state, spec, newest, restarting, now);
  const last = restarting ? newest : previous;
  const isInit = isPlainInit(state, spec);
  const started = isStarted(state, spec, newest);
  return {
    name: spec.name,
    state: current,
    lastState: last?.state === "exited" ? { terminated: terminated(last) } : before?.lastState ?? {},
    ready: isInit ? current.terminated?.exitCode === 0 : isReady(state, spec, newest),
    restartCount: newest.attempt,
    image: spec.image ?? newest.image,
    imageID: newest.imageId,
    containerID: containerId(newest),
    started: isInit ? current.running !== undefined : started,
    ...resourcesOf(state, spec, newest),
  };
}

/** What was granted, and what the container has of it so far. Ephemeral containers have nothing of their own. */
function resourcesOf(
  state: PodState,
  spec: SpecContainer,
  container: Container | undefined,
): Pick<ContainerStatus, "resources" | "allocatedResources"> {
  if (state.pod.spec.ephemeralContainers?.some(({ name }) => name === spec.name)) return { resources: {} };
  const granted = spec.resources ?? {};
  const applied = container?.state === "running" ? appliedTo(state.applied, container) : undefined;
  const amounts = (part: "requests" | "limits") => {
    if (!granted[part]) return {};
    const kept = { ...granted[part] };
    for (const name of ["cpu", "memory"]) {
      const amount = applied?.[part]?.[name];
      if (amount !== undefined) kept[name] = amount;
    }
    return { [part]: kept };
  };
  return {
    ...(granted.requests ? { allocatedResources: granted.requests } : {}),
    resources: { ...granted, ...amounts("requests"), ...amounts("limits") },
  };
}

function isPlainInit(state: PodState, spec: SpecContainer): boolean {
  return !isSidecar(spec) && (state.pod.spec.initContainers?.some((init) => init.name === spec.name) ?? false);
}

function isRestarting(state: PodState, spec: SpecContainer, ended: Container): boolean {
  return state.stage.at === "active" && shouldRestart(state.pod, spec, ended) &&
    !state.pod.spec.ephemeralContainers?.some((ephemeral) => ephemeral.name === spec.name);
}

/** The runtime has nothing of that name: it never ran, or is collected. */
function forgotten(
  state: PodState,
  spec: SpecContainer,
  before: ContainerStatus | undefined,
  now: number,
): ContainerStatus {
  const over = state.stage.at !== "active";
  if (before && (before.state?.terminated || (before.containerID && over))) {
    const lost = before.state?.terminated ? before.state : {
      terminated: {
        exitCode: 137,
        reason: "ContainerStatusUnknown",
        message: "The container could not be located when the pod was terminated",
      },
    };
    if (over || isPlainInit(state, spec)) return { ...before, state: lost, started: false };
  }
  return {
    name: spec.name,
    state: { waiting: waiting(state, spec, undefined, now) },
    lastState: before?.state?.terminated ? before.state : before?.lastState ?? {},
    ready: false,
    restartCount: before?.restartCount ?? 0,
    image: spec.image ?? "",
    imageID: "",
    started: false,
  };
}

function containerState(
  state: PodState,
  spec: SpecContainer,
  container: Container,
  restarting: boolean,
  now: number,
): ContainerState {
  // Until its postStart has ended a container does not count as running.
  if (state.inFlight.has(`start:${spec.name}`) && spec.lifecycle?.postStart && container.state === "running") {
    return { waiting: waiting(state, spec, container, now) };
  }
  switch (container.state) {
    case "running":
      return { running: { startedAt: formatTime(container.startedAt) } };
    case "exited":
      return restarting && !state.inFlight.has(`kill:${container.id}`) && showsAsWaiting(state, spec, container, now)
        ? { waiting: waiting(state, spec, container, now) }
        : { terminated: terminated(container) };
    case "created":
      return { waiting: waiting(state, spec, container, now) };
    case "unknown":
      return { terminated: { ...terminated(container), reason: "ContainerStatusUnknown", exitCode: 137 } };
    default:
      return container.state satisfies never;
  }
}

/** Between its death and its restart a container shows as terminated, unless something holds the restart up. */
function showsAsWaiting(state: PodState, spec: SpecContainer, container: Container, now: number): boolean {
  return waitsUntil(state.backOffs[`restart:${spec.name}`], container.finishedAt, now) !== undefined ||
    state.trouble[spec.name] !== undefined || state.images[spec.name]?.type === "failed" ||
    state.inFlight.has(`start:${spec.name}`) || state.inFlight.has(`image:${spec.name}`);
}

function waiting(state: PodState, spec: SpecContainer, ended: Container | undefined, now: number): Reason {
  if (state.stage.at === "active") {
    const crashUntil = ended?.state === "exited"
      ? waitsUntil(state.backOffs[`restart:${spec.name}`], ended.finishedAt, now)
      : undefined;
    if (crashUntil !== undefined && !state.inFlight.has(`start:${spec.name}`)) {
      const delay = state.backOffs[`restart:${spec.name}`]!.delay / 1000;
      return {
        reason: "CrashLoopBackOff",
        message: `back-off ${delay}s restarting failed container=${spec.name} pod=${podRef(state)}`,
      };
    }
    const image = state.images[spec.name];
    if (image?.type === "failed") return imageTrouble(state, spec, image, now);
    const trouble = state.trouble[spec.name];
    if (trouble) return trouble;
  }
  const initializing = state.pod.spec.initContainers?.length && !isPlainInit(state, spec) && !initDone(state);
  return initializing ? { reason: "PodInitializing", message: "" } : { reason: "ContainerCreating", message: "" };
}

/** A failed pull shows its own reason for a second, then the wait that follows it. */
export const errorShownMilliseconds = 1_000;

function imageTrouble(state: PodState, spec: SpecContainer, failed: Reason, now: number): Reason {
  const at = state.backOffs[`image:${spec.name}`]?.at;
  const { reason, message } = failed;
  if (reason !== "ErrImagePull" || at === undefined || now - at < errorShownMilliseconds) return { reason, message };
  return { reason: "ImagePullBackOff", message: `Back-off pulling image "${spec.image}": ${message}` };
}

function initDone(state: PodState): boolean {
  return (state.pod.spec.initContainers ?? []).every((spec) => {
    const container = latest(state, spec.name);
    return isSidecar(spec) ? isStarted(state, spec, container) : container?.exitCode === 0 &&
      container.state === "exited";
  });
}

export function terminated(container: Container): ContainerStateTerminated {
  return {
    exitCode: container.exitCode,
    reason: container.reason || (container.exitCode === 0 ? "Completed" : "Error"),
    ...(container.message === "" ? {} : { message: container.message }),
    ...(container.exitCode > 128 && container.exitCode < 160 ? { signal: container.exitCode - 128 } : {}),
    // The epoch for one that never started, as the kubelet has it: kubectl shows an absent time as the year 1.
    startedAt: formatTime(container.startedAt),
    ...(container.finishedAt > 0 ? { finishedAt: formatTime(container.finishedAt) } : {}),
    containerID: containerId(container),
  };
}

export function containerId(container: Container): string {
  return `containerd://${container.id}`;
}

function podRef(state: PodState): string {
  const { name, namespace, uid } = state.pod.metadata;
  return `${name}_${namespace}(${uid})`;
}
