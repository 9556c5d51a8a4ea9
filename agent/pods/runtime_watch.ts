import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../api/clock.ts";
import { pause } from "../../client/pause.ts";
import type { Container, ContainerRuntime, RuntimeEvent, Sandbox } from "../runtime/contract.ts";
import { labelKeys } from "./labels.ts";
import { messageOf } from "./pod_error.ts";

/** What the runtime has of one Pod. */
export interface PodRuntime {
  readonly sandboxes: readonly Sandbox[];
  readonly containers: readonly Container[];
}

export interface RuntimeWatchOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** All there is, by Pod uid, as asked for at that time: first of all, and again whenever events may have been missed. */
  readonly listed: (all: ReadonlyMap<string, PodRuntime>, at: number) => void;
  readonly event: (event: RuntimeEvent) => void;
}

const logger = getLogger(["skiff", "agent", "runtime"]);
const firstRetry = 200;
const lastRetry = 10_000;
/** A stream may begin a little after it was asked for; what fell in between is found by this second look. */
const secondLook = 1_000;

/** Follows the runtime's events until the signal aborts, through its restarts. */
export async function watchRuntime(options: RuntimeWatchOptions): Promise<void> {
  const { runtime, clock, signal, event } = options;
  let retry = firstRetry;
  while (!signal.aborted) {
    let cancel: (() => void) | undefined;
    try {
      const events = runtime.events(signal)[Symbol.asyncIterator]();
      let next = events.next();
      // Without this a rejection during the list would count as unhandled.
      next.catch(() => {});
      await list(options);
      cancel = clock.after(secondLook, () => void list(options).catch(() => {}));
      retry = firstRetry;
      for (let item = await next; !item.done; item = await next) {
        event(item.value);
        next = events.next();
      }
    } catch (error) {
      if (signal.aborted) return;
      logger.warn("the container runtime's events ended ({error}); next try in {retry} ms", {
        error: messageOf(error),
        retry,
      });
    } finally {
      cancel?.();
    }
    await pause(clock, retry, signal).catch(() => {});
    retry = Math.min(retry * 2, lastRetry);
  }
}

async function list({ runtime, clock, signal, listed }: RuntimeWatchOptions): Promise<void> {
  const at = clock.now();
  const [sandboxes, containers] = await Promise.all([runtime.sandboxes(signal), runtime.containers(undefined, signal)]);
  const byPod = new Map<string, { sandboxes: Sandbox[]; containers: Container[] }>();
  const of = (uid: string) => {
    const known = byPod.get(uid) ?? { sandboxes: [], containers: [] };
    byPod.set(uid, known);
    return known;
  };
  for (const { id } of sandboxes) {
    // The list has no addresses.
    const sandbox = await runtime.sandbox(id, signal);
    if (sandbox?.uid) of(sandbox.uid).sandboxes.push(sandbox);
  }
  for (const { id, labels } of containers) {
    const uid = labels[labelKeys.podUid];
    const container = uid ? await runtime.container(id, signal) : undefined;
    if (uid && container) of(uid).containers.push(container);
  }
  listed(byPod, at);
}
