import type { Input, PodState } from "../state.ts";
import type { Shared } from "../shared.ts";

/** How an action sees its worker. */
export interface Run {
  readonly shared: Shared;
  /** The newest state, read anew after each wait. */
  readonly state: () => PodState;
  readonly send: (input: Input) => void;
  /** Aborts when the action has lost its purpose. */
  readonly signal: AbortSignal;
}
