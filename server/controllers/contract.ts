import type { Clock } from "../../api/clock.ts";
import type { Client } from "../../client/client.ts";
import type { InformerFactory } from "../../client/informer_contract.ts";
import type { EventRecorder } from "../../client/event_recorder.ts";

/** What a reconcile says of its key. A thrown error counts as `retry` with that error as the reason. */
export type Result =
  /** The world is as wanted; run again when something changes. */
  | { readonly outcome: "done" }
  /** Run again after the key's back-off: 5 ms doubling to 1,000 s (client-go's default rate limiter). */
  | { readonly outcome: "retry"; readonly reason: string }
  /** Run again in so many milliseconds; the back-off starts anew. */
  | { readonly outcome: "retryAfter"; readonly milliseconds: number }
  /** Trying again cannot help before the object changes; logged once. */
  | { readonly outcome: "terminal"; readonly reason: string };

/** The usual result. */
export const DONE: Result = { outcome: "done" };

/** What every controller is given. */
export interface ControllerContext {
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly events: EventRecorder;
  readonly clock: Clock;
  /** Aborts when the server stops. */
  readonly signal: AbortSignal;
}

/** One controller: its watches put keys into the queue, its reconcile brings one key's world to the wanted state. */
export interface Controller {
  readonly name: string;
  /** How many keys are worked on at once; never one key twice. */
  readonly concurrency: number;
  /** Called once, before the informers start: registers handlers that call `enqueue`. */
  setup(enqueue: (key: string, afterMilliseconds?: number) => void): void;
  reconcile(key: string, signal: AbortSignal): Promise<Result>;
}

/** `server/controllers/all.ts` lists one factory per controller; the runner starts them all. */
export type ControllerFactory = (context: ControllerContext) => Controller;
