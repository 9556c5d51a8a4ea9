import type { Container as SpecContainer, EphemeralContainer, Pod } from "../../api/types/core_v1.ts";
import type { Container, Sandbox } from "../runtime/contract.ts";
import type { BackOff } from "./back_off.ts";
import type { AppliedResources } from "./pod_resources.ts";

/** A text that says why something does not run; the status shows both halves. */
export interface Reason {
  readonly reason: string;
  readonly message: string;
}

/** Why a Pod's containers are being, or have been, brought to an end. */
export type End =
  /** Its object is marked for deletion, or gone. */
  | { readonly type: "deleted" }
  /** All containers have ended and its restart policy starts none again. */
  | { readonly type: "completed" }
  /** Refused at admission, past its deadline, or evicted: the phase is Failed whatever the containers said. */
  | ({ readonly type: "failed" } & Reason);

/**
 * Where a Pod is in its life. Only forward.
 *
 * - `active`: what its spec asks for is being made and kept.
 * - `ending`: its containers are being stopped, none is started.
 * - `ended`: no container runs; the dead ones, their logs and the directory stay for whoever asks.
 * - `cleared`: nothing of it is left in the runtime or on the disk; only its object may be.
 * - `gone`: nothing is left at all; the worker may go too.
 */
export type Stage =
  | { readonly at: "active" }
  | { readonly at: "ending"; readonly why: End; readonly since: number }
  | { readonly at: "ended"; readonly why: End }
  | { readonly at: "cleared"; readonly why: End }
  | { readonly at: "gone"; readonly why: End };

/** One Pod as this node sees it: what is wanted, what the runtime shows, and what is remembered between the two. */
export interface PodState {
  /** With the resources that this node has granted: while a resize is pending the API's object has others. */
  readonly pod: Pod;
  /** The object is no longer in its source. */
  readonly absent: boolean;
  /** False until the runtime was asked once: nothing is done blindly. */
  readonly observed: boolean;
  readonly stage: Stage;
  /** Newest first. */
  readonly sandboxes: readonly Sandbox[];
  /** Newest first. */
  readonly containers: readonly Container[];
  readonly volumes: "unmounted" | "mounted";
  /** When mounted volumes are to be brought up to date, in milliseconds since the epoch. */
  readonly refreshAt: number;
  /** By container name: the image's id once it is on the node, or why it is not. */
  readonly images: Readonly<Record<string, ImageState>>;
  /** By container name: why the last start of it failed. */
  readonly trouble: Readonly<Record<string, Reason>>;
  /** By {@linkcode actionKey}, or `restart:NAME`. */
  readonly backOffs: Readonly<Record<string, BackOff>>;
  /** By container id. */
  readonly probes: Readonly<Record<string, ProbeResults>>;
  /** By the id of a sandbox or container: when it was last told of by itself, not in a list of all. Only the latest are kept. */
  readonly heard: ReadonlyMap<string, number>;
  /** Resources that the runtime and the kernel know of. */
  readonly applied: AppliedResources;
  /** Of the last resize that was granted. */
  readonly resize: { readonly generation: number; readonly error?: string } | undefined;
  /** A resize that the node cannot grant, or not now. */
  readonly pendingResize: PendingResize | undefined;
  /** Keys of the actions that have not answered, with the time by which a kill will be over. */
  readonly inFlight: ReadonlyMap<string, number>;
}

/** Why the spec asks for other resources than `pod` shows. */
export interface PendingResize extends Reason {
  readonly generation: number;
}

export type ImageState =
  | { readonly type: "present"; readonly id: string; readonly use: string }
  | ({ readonly type: "failed"; readonly use: string } & Reason);

/** What the probes of one container last decided, thresholds applied. Absent: not decided yet. */
export interface ProbeResults {
  readonly liveness?: boolean;
  readonly readiness?: boolean;
  readonly startup?: boolean;
}
export type ProbeType = keyof ProbeResults;

export type Action =
  | { readonly type: "mountVolumes" }
  | { readonly type: "runSandbox"; readonly attempt: number }
  | { readonly type: "stopSandbox"; readonly id: string }
  | { readonly type: "removeSandbox"; readonly id: string }
  /** `use` tells one need of the image from the next. */
  | { readonly type: "ensureImage"; readonly container: string; readonly use: string }
  | {
    readonly type: "startContainer";
    readonly container: string;
    readonly attempt: number;
    readonly image: string;
    readonly sandbox: Sandbox;
  }
  | {
    readonly type: "killContainer";
    readonly container: Container;
    readonly graceSeconds: number;
    readonly message: string;
  }
  | { readonly type: "removeContainer"; readonly id: string }
  /** Gives the running containers and the Pod's cgroup what was granted. */
  | { readonly type: "resize" }
  /** Unmounts volumes; the Pod's directory stays. */
  | { readonly type: "unmountVolumes" }
  /** Takes all that is left off the node: containers, sandboxes, cgroup, directory. */
  | { readonly type: "clear" }
  /** Writes the final status and deletes the object for good. */
  | { readonly type: "deleteObject" };

/** What is told to {@linkcode step}. */
export type Input =
  | { readonly type: "desired"; readonly pod: Pod; readonly pendingResize?: PendingResize }
  /** Resources have reached the runtime or the kernel. */
  | { readonly type: "applied"; readonly applied: AppliedResources }
  /** The object left its source without waiting for us. */
  | { readonly type: "absent" }
  /** All that the runtime had of this Pod when it was asked: `at`, in milliseconds since the epoch. */
  | {
    readonly type: "observed";
    readonly at: number;
    readonly sandboxes: readonly Sandbox[];
    readonly containers: readonly Container[];
  }
  | { readonly type: "sandbox"; readonly sandbox: Sandbox }
  | { readonly type: "sandboxGone"; readonly id: string }
  | { readonly type: "container"; readonly container: Container }
  | { readonly type: "containerGone"; readonly id: string }
  | { readonly type: "probed"; readonly containerId: string; readonly probe: ProbeType; readonly success: boolean }
  /** What volumes show has changed, or will have at that time. */
  | { readonly type: "refreshVolumes"; readonly at: number }
  | { readonly type: "end"; readonly why: End }
  | { readonly type: "settled"; readonly action: Action; readonly failure?: Reason }
  | { readonly type: "image"; readonly action: Action & { type: "ensureImage" }; readonly image: ImageState }
  | { readonly type: "tick" };

/** Names an action among those in flight: two with one key never run at once. */
export function actionKey(action: Action): string {
  switch (action.type) {
    case "ensureImage":
      return `image:${action.container}`;
    case "startContainer":
      return `start:${action.container}`;
    case "killContainer":
      return `kill:${action.container.id}`;
    case "stopSandbox":
    case "removeSandbox":
      return `${action.type}:${action.id}`;
    case "removeContainer":
      return `remove:${action.id}`;
    case "mountVolumes":
    case "runSandbox":
    case "resize":
    case "unmountVolumes":
    case "clear":
    case "deleteObject":
      return action.type;
    default:
      return action satisfies never;
  }
}

export function newPodState(pod: Pod): PodState {
  return {
    pod,
    absent: false,
    observed: false,
    stage: { at: "active" },
    sandboxes: [],
    containers: [],
    volumes: "unmounted",
    refreshAt: Infinity,
    images: {},
    trouble: {},
    backOffs: {},
    probes: {},
    heard: new Map(),
    applied: { containers: {} },
    resize: undefined,
    pendingResize: undefined,
    inFlight: new Map(),
  };
}

/** The newest container of that name. */
export function latest(state: PodState, name: string): Container | undefined {
  return state.containers.find((container) => container.name === name);
}

export function currentSandbox(state: PodState): Sandbox | undefined {
  return state.sandboxes[0];
}

/** An init container that runs beside the main ones. */
export function isSidecar(container: SpecContainer): boolean {
  return container.restartPolicy === "Always";
}

/** Every container of the spec; an ephemeral one has the fields of the others. */
export function specContainers(pod: Pod): (SpecContainer | EphemeralContainer)[] {
  const { initContainers = [], containers, ephemeralContainers = [] } = pod.spec;
  return [...initContainers, ...containers, ...ephemeralContainers];
}

export function specContainer(pod: Pod, name: string): SpecContainer | EphemeralContainer | undefined {
  const { initContainers, containers, ephemeralContainers } = pod.spec;
  const named = (container: { name: string }) => container.name === name;
  return containers.find(named) ?? initContainers?.find(named) ?? ephemeralContainers?.find(named);
}

export function isRunning(container: Container | undefined): boolean {
  return container?.state === "running";
}

/** Whether the container is up and, where it has a startup probe, that has succeeded. */
export function isStarted(state: PodState, spec: SpecContainer, container: Container | undefined): boolean {
  return container?.state === "running" && !state.inFlight.has(`start:${spec.name}`) &&
    (spec.startupProbe === undefined || state.probes[container.id]?.startup === true);
}

export function isReady(state: PodState, spec: SpecContainer, container: Container | undefined): boolean {
  return isStarted(state, spec, container) &&
    (spec.readinessProbe === undefined || state.probes[container!.id]?.readiness === true);
}

/** By attempt before time: a node's clock may be set back between two attempts. */
export function newestFirst<T extends Sandbox | Container>(all: readonly T[]): readonly T[] {
  return [...all].sort((a, b) => b.attempt - a.attempt || b.createdAt - a.createdAt);
}
