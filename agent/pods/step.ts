import { decide } from "./decide.ts";
import { nextBackOff } from "./back_off.ts";
import { type AppliedResources, resourcesOf, sameResources } from "./pod_resources.ts";
import { type Action, actionKey, type Input, newestFirst, type PodState, type Reason } from "./state.ts";
import type { Container } from "../runtime/contract.ts";

export interface Step {
  readonly state: PodState;
  /** To be carried out now, each answered by `settled` (or `image`). They are in `state.inFlight` already. */
  readonly actions: readonly Action[];
  /** When a `tick` is due, in milliseconds since the epoch. */
  readonly wakeAt: number | undefined;
}

/** A list of all that the runtime has takes less than this to make. */
const longestList = 300_000;

/**
 * A Pod's life, without I/O: takes in one input and says what to do next. Any order and repetition of inputs is allowed; actions whose key is
 * in flight are not given out again, except a kill with less time than the one before.
 */
export function step(before: PodState, input: Input, now: number): Step {
  const { state, actions, wakeAt } = decide(take(before, input, now), now);
  if (actions.length === 0) return { state, actions, wakeAt };
  const inFlight = new Map(state.inFlight);
  for (const action of actions) {
    inFlight.set(actionKey(action), action.type === "killContainer" ? now + action.graceSeconds * 1000 : Infinity);
  }
  return { state: { ...state, inFlight }, actions, wakeAt };
}

function take(state: PodState, input: Input, now: number): PodState {
  switch (input.type) {
    case "desired":
      return takeDesired(state, input);
    case "applied":
      return takeApplied(state, input.applied);
    case "absent":
      return { ...state, absent: true };
    case "observed":
      return takeObserved(state, input);
    case "sandbox":
      return {
        ...state,
        heard: hear(state, input.sandbox.id, now),
        sandboxes: newestFirst(replaced(state.sandboxes, input.sandbox)),
      };
    case "sandboxGone":
      return { ...state, heard: hear(state, input.id, now), sandboxes: without(state.sandboxes, input.id) };
    case "container":
      return takeContainer({ ...state, heard: hear(state, input.container.id, now) }, input.container);
    case "containerGone":
      return { ...state, heard: hear(state, input.id, now), containers: without(state.containers, input.id) };
    case "probed":
      return {
        ...state,
        probes: {
          ...state.probes,
          [input.containerId]: { ...state.probes[input.containerId], [input.probe]: input.success },
        },
      };
    case "refreshVolumes":
      return takeRefresh(state, input.at);
    case "end":
      return state.stage.at === "active" ? { ...state, stage: { at: "ending", why: input.why, since: now } } : state;
    case "image":
      return settle(
        { ...state, images: { ...state.images, [input.action.container]: input.image } },
        input.action,
        input.image.type === "failed" ? input.image.reason : undefined,
        now,
      );
    case "settled":
      return takeSettled(state, input.action, input.failure, now);
    case "tick":
      return state;
    default:
      return input satisfies never;
  }
}

function takeDesired(state: PodState, { pod, pendingResize }: Input & { type: "desired" }): PodState {
  const isGranted = state.applied.pod !== undefined && !sameResources(resourcesOf(state.pod), resourcesOf(pod));
  const { resize: _, ...backOffs } = state.backOffs;
  return {
    ...state,
    pod,
    absent: false,
    pendingResize,
    // What kept the last one from being carried out may not keep this one.
    ...(isGranted ? { resize: { generation: pod.metadata.generation ?? 0 }, backOffs } : {}),
  };
}

function takeApplied(state: PodState, applied: AppliedResources): PodState {
  const containers = { ...state.applied.containers, ...applied.containers };
  return { ...state, applied: { ...state.applied, ...(applied.pod ? { pod: applied.pod } : {}), containers } };
}

function hear(state: PodState, id: string, now: number): ReadonlyMap<string, number> {
  const recent = [...state.heard].filter(([, at]) => at > now - longestList);
  return new Map([...recent, [id, now]]);
}

/**
 * A list takes a while to make: what was heard of a sandbox or container since it was asked for is newer, be it that it is there, has changed or is
 * gone. When they were created says nothing: a runtime lists a sandbox only once its network and its process are there too.
 */
function takeObserved(state: PodState, { at, sandboxes, containers }: Input & { type: "observed" }): PodState {
  const isNewer = (id: string) => (state.heard.get(id) ?? -Infinity) >= at;
  return {
    ...state,
    observed: true,
    sandboxes: newestFirst(merged(state.sandboxes, sandboxes, (known) => isNewer(known.id) || !known.ready, isNewer)),
    containers: newestFirst(
      merged(state.containers, containers, (known) => isNewer(known.id) || known.state === "exited", isNewer),
    ),
  };
}

/** The listed ones, except where what is known is better; and the unlisted ones that the list was too old for. */
function merged<T extends { readonly id: string }>(
  known: readonly T[],
  listed: readonly T[],
  isBetter: (known: T) => boolean,
  isNewer: (id: string) => boolean,
): readonly T[] {
  const byId = new Map(known.map((one) => [one.id, one]));
  const ids = new Set(listed.map(({ id }) => id));
  return [
    ...listed.flatMap((one) => {
      const before = byId.get(one.id);
      if (before === undefined) return isNewer(one.id) ? [] : [one];
      return [isBetter(before) ? before : one];
    }),
    ...known.filter(({ id }) => !ids.has(id) && isNewer(id)),
  ];
}

/** What a mount has failed for may be there now: it is not made to wait. */
function takeRefresh(state: PodState, refreshAt: number): PodState {
  const { mountVolumes: _, ...backOffs } = state.backOffs;
  return { ...state, refreshAt, backOffs };
}

function takeContainer(state: PodState, container: Container): PodState {
  const known = state.containers.find((other) => other.id === container.id);
  // An answer that was on its way while the container died must not bring it back.
  if (known?.state === "exited" && container.state !== "exited") return state;
  const containers = newestFirst(replaced(state.containers, container));
  if (container.state !== "exited" || !state.probes[container.id]) return { ...state, containers };
  const { [container.id]: _, ...probes } = state.probes;
  return { ...state, containers, probes };
}

function takeSettled(
  state: PodState,
  action: Action,
  failure: Reason | undefined,
  now: number,
): PodState {
  const settled = settle(state, action, failure?.reason, now);
  switch (action.type) {
    case "resize":
      return takeResized(settled, failure);
    case "mountVolumes":
      return failure ? settled : { ...settled, volumes: "mounted" };
    case "unmountVolumes":
      return failure ? settled : { ...settled, volumes: "unmounted" };
    case "startContainer": {
      const { [action.container]: _, ...trouble } = settled.trouble;
      return { ...settled, trouble: failure ? { ...trouble, [action.container]: failure } : trouble };
    }
    case "clear":
      return failure || settled.stage.at !== "ended"
        ? settled
        : { ...settled, volumes: "unmounted", stage: { at: "cleared", why: settled.stage.why } };
    case "deleteObject":
      return failure || settled.stage.at !== "cleared"
        ? settled
        : { ...settled, stage: { at: "gone", why: settled.stage.why } };
    case "runSandbox":
    case "stopSandbox":
    case "removeSandbox":
    case "ensureImage":
    case "killContainer":
    case "removeContainer":
      return settled;
    default:
      return action satisfies never;
  }
}

function takeResized(state: PodState, failure: Reason | undefined): PodState {
  const generation = state.resize?.generation ?? state.pod.metadata.generation ?? 0;
  return { ...state, resize: failure ? { generation, error: failure.message } : { generation } };
}

/** Pulls wait as upstream's do, for the registry's sake; what is only this node's own work is tried again sooner. */
function settle(state: PodState, action: Action, failure: string | undefined, now: number): PodState {
  const key = actionKey(action);
  const inFlight = new Map(state.inFlight);
  inFlight.delete(key);
  if (failure !== undefined) {
    const before = state.backOffs[key];
    const next = failure === "ErrImagePull" ? nextBackOff(before, now) : nextBackOff(before, now, 1_000, 30_000);
    return { ...state, inFlight, backOffs: { ...state.backOffs, [key]: next } };
  }
  if (!state.backOffs[key]) return { ...state, inFlight };
  const { [key]: _, ...backOffs } = state.backOffs;
  return { ...state, inFlight, backOffs };
}

function replaced<T extends { readonly id: string }>(all: readonly T[], one: T): T[] {
  return [one, ...all.filter((other) => other.id !== one.id)];
}

function without<T extends { readonly id: string }>(all: readonly T[], id: string): readonly T[] {
  return all.filter((other) => other.id !== id);
}
