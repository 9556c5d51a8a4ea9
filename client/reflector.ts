import { isExpired, isTransient, suggestedDelay } from "../api/status.ts";

/** How a copy of a resource is kept current. Pure: `nextState` decides, `informers.ts` does. */
export type ReflectorState =
  /** All objects are being fetched. */
  | { readonly at: "listing"; readonly failures: number }
  /** Events after `resourceVersion` are being received. */
  | { readonly at: "watching"; readonly resourceVersion: string; readonly failures: number }
  /** Something failed; after `milliseconds` the reflector lists, or watches on from `resourceVersion` when there is one. */
  | {
    readonly at: "waiting";
    readonly milliseconds: number;
    readonly resourceVersion: string | undefined;
    readonly failures: number;
  };

export type ReflectorInput =
  | { readonly type: "listed"; readonly resourceVersion: string }
  /** An event or a bookmark was taken in. */
  | { readonly type: "progressed"; readonly resourceVersion: string }
  /** The server ended the watch, as it does from time to time, after so many milliseconds. */
  | { readonly type: "ended"; readonly lasted: number }
  | { readonly type: "failed"; readonly error: unknown }
  | { readonly type: "waited" };

export const initialState: ReflectorState = { at: "listing", failures: 0 };

// client-go's reflector waits so long between attempts.
const baseDelay = 800;
const maxDelay = 30_000;
/** A watch that the server ends sooner counts as a failure, so that nobody asks in a tight loop. */
const shortWatch = 1_000;

/**
 * The state after `input`. A lost watch is taken up again where it was; only when its version is gone (410), or when the server rejects it,
 * everything is listed anew. `random` gives numbers in [0, 1).
 */
export function nextState(state: ReflectorState, input: ReflectorInput, random: () => number): ReflectorState {
  switch (input.type) {
    case "listed":
      return { at: "watching", resourceVersion: input.resourceVersion, failures: state.failures };
    case "progressed":
      return { at: "watching", resourceVersion: input.resourceVersion, failures: 0 };
    case "waited":
      return resume(state);
    case "ended":
      return input.lasted < shortWatch ? wait(state, versionOf(state), 0, random) : resume({ ...state, failures: 0 });
    case "failed":
      return afterFailure(state, input.error, random);
  }
}

function resume(state: ReflectorState): ReflectorState {
  const { failures } = state;
  const resourceVersion = versionOf(state);
  return resourceVersion === undefined ? { at: "listing", failures } : { at: "watching", resourceVersion, failures };
}

function afterFailure(state: ReflectorState, error: unknown, random: () => number): ReflectorState {
  const watchOn = state.at === "watching" && isTransient(error);
  // A version that is too old after a good while of watching is an everyday matter: list at once.
  if (isExpired(error) && state.failures === 0) return { at: "listing", failures: 1 };
  return wait(state, watchOn ? state.resourceVersion : undefined, suggestedDelay(error) ?? 0, random);
}

/** Exponential with full extra jitter, as in client-go, so that a thousand agents do not come back at once. */
function wait(
  state: ReflectorState,
  resourceVersion: string | undefined,
  atLeast: number,
  random: () => number,
): ReflectorState {
  const delay = Math.min(baseDelay * 2 ** Math.min(state.failures, 16), maxDelay);
  const milliseconds = Math.max(Math.min(delay * (1 + random()), maxDelay), atLeast);
  return { at: "waiting", milliseconds, resourceVersion, failures: state.failures + 1 };
}

function versionOf(state: ReflectorState): string | undefined {
  return state.at === "listing" ? undefined : state.resourceVersion;
}
