import { getLogger } from "@logtape/logtape";
import { deepEqual } from "../../api/meta/deep_equal.ts";
import type { Pod, PodStatus } from "../../api/types/core_v1.ts";
import { abortable, actions } from "./actions/all.ts";
import type { Run } from "./actions/run.ts";
import { messageOf, PodError } from "./pod_error.ts";
import { resizeSummary } from "./resize.ts";
import type { Shared } from "./shared.ts";
import {
  type Action,
  type Input,
  isStarted,
  latest,
  newPodState,
  type PodState,
  type Reason,
  specContainers,
} from "./state.ts";
import { mergedStatus, podStatus } from "./status.ts";
import { step } from "./step.ts";

/** What watches a Pod's containers from outside: the probes. */
export interface PodObserver {
  /** After each change of the state. */
  changed(state: PodState): void;
  /** The Pod is gone. */
  gone(state: PodState): void;
}

const logger = getLogger(["skiff", "agent", "pods"]);

/** The shell around one Pod's {@linkcode step}: carries out its actions, keeps its time, publishes its status. */
export class PodWorker {
  readonly #shared: Shared;
  readonly #observer: PodObserver;
  /** Aborted when the Pod begins to end. */
  readonly #active = new AbortController();
  readonly #activeSignal: AbortSignal;
  #state: PodState;
  #status: PodStatus | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(pod: Pod, shared: Shared, observer: PodObserver) {
    this.#shared = shared;
    this.#observer = observer;
    this.#activeSignal = AbortSignal.any([shared.signal, this.#active.signal]);
    this.#state = newPodState(pod);
  }

  get state(): PodState {
    return this.#state;
  }

  /** The Pod with its status as last computed here. */
  get pod(): Pod {
    const { pod } = this.#state;
    return this.#status ? { ...pod, status: mergedStatus(pod.status, this.#status) } : pod;
  }

  send(input: Input): void {
    if (this.#shared.signal.aborted || this.#state.stage.at === "gone") return;
    const { state, actions, wakeAt } = step(this.#state, input, this.#shared.clock.now());
    this.#state = state;
    if (state.stage.at !== "active" && !this.#active.signal.aborted) {
      this.#active.abort(new PodError("Ending", "the Pod has come to its end"));
    }
    this.#wake(wakeAt);
    this.#publish();
    // Somebody may have written over what is this node's to say.
    if (input.type === "desired") this.republish();
    for (const action of actions) this.#run(action);
    if (this.#state.stage.at === "gone") this.#observer.gone(this.#state);
    else this.#observer.changed(this.#state);
  }

  /** The object has come into being, or anew, and has not heard of the status. */
  republish(): void {
    const { at } = this.#state.stage;
    if (this.#status && at !== "cleared" && at !== "gone") this.#shared.status.publish(this.#state.pod, this.#status);
  }

  /** Stops timers; nothing of the Pod itself. */
  close(): void {
    this.#cancelTimer?.();
    this.#active.abort(new PodError("Closed", "the agent stops"));
  }

  #wake(at: number | undefined): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (at === undefined) return;
    const { clock } = this.#shared;
    this.#cancelTimer = clock.after(Math.max(at - clock.now(), 1), () => this.send({ type: "tick" }));
  }

  async #run(action: Action): Promise<void> {
    const run: Run = {
      shared: this.#shared,
      state: () => this.#state,
      send: (input) => this.send(input),
      signal: abortable.has(action.type) ? this.#activeSignal : this.#shared.signal,
    };
    let failure: Reason | undefined;
    try {
      await (actions[action.type] as (action: Action, run: Run) => Promise<void>)(action, run);
    } catch (error) {
      if (this.#shared.signal.aborted) return;
      failure = { reason: error instanceof PodError ? error.reason : "Failed", message: messageOf(error) };
      const { namespace, name } = this.#state.pod.metadata;
      if (!run.signal.aborted) {
        logger.warn("{action} of Pod {pod} failed: {error}", {
          action: action.type,
          pod: `${namespace}/${name}`,
          error: failure.message,
        });
      }
    }
    // The image's answer came with its result.
    if (action.type === "ensureImage" && failure === undefined) return;
    this.send({ type: "settled", action, ...(failure ? { failure } : {}) });
  }

  #publish(): void {
    const { stage, pod, observed, absent } = this.#state;
    if (!observed && stage.at === "active") return;
    // From here on containers are taken away one by one, and what they ended with must stay in the status.
    if (stage.at === "cleared" || stage.at === "gone" || this.#state.inFlight.has("clear")) return;
    if (absent) return;
    const status = podStatus({ ...this.#state, pod: this.pod }, this.#shared.facts(), this.#shared.clock.now());
    if (this.#status && deepEqual(this.#status, status)) return;
    this.#reportWaits(this.#status, status);
    this.#reportResize(this.#status, status);
    this.#status = status;
    this.#shared.status.publish(pod, status);
  }

  /** That a resize began is told where it is granted. */
  #reportResize(before: PodStatus | undefined, after: PodStatus): void {
    const of = (status: PodStatus | undefined) =>
      status?.conditions?.find(({ type }) => type === "PodResizeInProgress");
    const [old, now] = [of(before), of(after)];
    const { pod } = this.#state;
    if (now?.message && now.message !== old?.message) {
      const message = `Pod resize error: ${resizeSummary(pod, now.message)}`;
      this.#shared.event(pod, undefined, "Warning", "ResizeError", message);
    } else if (old && !now && this.#state.stage.at === "active") {
      this.#shared.event(pod, undefined, "Normal", "ResizeCompleted", `Pod resize completed: ${resizeSummary(pod)}`);
    }
  }

  /** Each wait that begins is told once; the recorder counts those that come again. */
  #reportWaits(before: PodStatus | undefined, after: PodStatus): void {
    const all = (status: PodStatus | undefined) => [
      ...status?.initContainerStatuses ?? [],
      ...status?.containerStatuses ?? [],
    ];
    const old = new Map(all(before).map((status) => [status.name, status.state?.waiting?.reason]));
    for (const { name, state } of all(after)) {
      const reason = state?.waiting?.reason;
      if (reason === undefined || reason === old.get(name)) continue;
      const { pod } = this.#state;
      if (reason === "CrashLoopBackOff") {
        const message =
          `Back-off restarting failed container ${name} in pod ${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
        this.#shared.event(pod, name, "Warning", "BackOff", message);
      } else if (reason === "ImagePullBackOff") {
        const image = specContainers(pod).find((container) => container.name === name)?.image;
        this.#shared.event(pod, name, "Normal", "BackOff", `Back-off pulling image "${image}"`);
        this.#shared.event(pod, name, "Warning", "Failed", "Error: ImagePullBackOff");
      }
    }
  }
}

/** The containers that are up, with the runtime's view of them: what is to be probed. */
export function runningContainers(state: PodState) {
  return specContainers(state.pod).flatMap((spec) => {
    const container = latest(state, spec.name);
    const up = container?.state === "running" && !state.inFlight.has(`start:${spec.name}`);
    return up ? [{ spec, container, started: isStarted(state, spec, container) }] : [];
  });
}
