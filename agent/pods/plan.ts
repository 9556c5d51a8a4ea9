import { waitsUntil } from "./back_off.ts";
import { errorShownMilliseconds } from "./container_status.ts";
import { type Action, actionKey, type PodState } from "./state.ts";

/** What one look at a state comes to: actions to begin, a time to look again, and what is remembered of it. */
export class Plan {
  readonly now: number;
  readonly actions: Action[] = [];
  wakeAt: number | undefined;
  state: PodState;

  constructor(state: PodState, now: number) {
    this.state = state;
    this.now = now;
  }

  wake(at: number): void {
    this.wakeAt = this.wakeAt === undefined ? at : Math.min(this.wakeAt, at);
  }

  inFlight(key: string): boolean {
    return this.state.inFlight.has(key) || this.actions.some((action) => actionKey(action) === key);
  }

  /** Begins it unless it is under way or waits out its back-off; then looks again when that ends. */
  do(action: Action): void {
    const key = actionKey(action);
    if (this.inFlight(key)) return;
    const backOff = this.state.backOffs[key];
    const until = backOff && waitsUntil(backOff, backOff.at, this.now);
    if (until !== undefined) {
      // The status says another thing once the error has been shown.
      const shown = backOff!.at + errorShownMilliseconds;
      return this.wake(shown > this.now ? Math.min(shown, until) : until);
    }
    this.actions.push(action);
  }

  /** A kill goes ahead of one with more time left. */
  kill(action: Action & { type: "killContainer" }): void {
    const deadline = this.state.inFlight.get(actionKey(action));
    if (deadline === undefined) return this.do(action);
    if (this.now + action.graceSeconds * 1000 < deadline) this.actions.push(action);
  }
}
