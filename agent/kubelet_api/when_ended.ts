import type { Clock } from "../../api/clock.ts";
import { pause } from "../../client/pause.ts";
import type { ContainerRuntime } from "../runtime/contract.ts";

const RETRY = 1_000;

/** Resolves when a container runs no more, at once if it does not now; rejects with the signal's reason when aborted before. */
export async function whenEnded(
  runtime: ContainerRuntime,
  containerId: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    try {
      using subscription = new Subscription(signal);
      const events = runtime.events(subscription.signal);
      const state = (await runtime.container(containerId, signal))?.state;
      // One that was created is about to run.
      if (state !== "running" && state !== "created") return;
      for await (const event of events) {
        if (event.containerId === containerId && (event.type === "exited" || event.type === "deleted")) return;
      }
    } catch {
      // The runtime is away for a moment, and the container may go on running.
    }
    await pause(clock, RETRY, signal);
  }
}

/** Ends with its block or with the outer signal. */
class Subscription implements Disposable {
  readonly #controller = new AbortController();
  readonly signal: AbortSignal;
  constructor(outer: AbortSignal) {
    this.signal = AbortSignal.any([outer, this.#controller.signal]);
  }
  [Symbol.dispose](): void {
    this.#controller.abort();
  }
}
