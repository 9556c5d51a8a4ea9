import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../api/clock.ts";
import { parseTime } from "../../api/meta/time.ts";
import { findCondition, setCondition } from "../../api/meta/conditions.ts";
import { keyOf } from "../../api/resource.ts";
import { bindings, nodes, poddisruptionbudgets, pods } from "../../api/resources.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import type { Node, Pod, PodCondition } from "../../api/types/core_v1.ts";
import type { PodDisruptionBudget } from "../../api/types/policy_v1.ts";
import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/event_recorder.ts";
import type { Informer, InformerFactory } from "../../client/informer_contract.ts";
import { ClusterState } from "./cluster_state.ts";
import { decide } from "./decide.ts";
import { refusalOf } from "./filter.ts";
import { podFacts, priorityOf } from "./node_info.ts";
import { plugins, postFilter } from "./plugins/all.ts";
import type { PostFilterResult, RefusedNode } from "./plugins/contract.ts";
import { clearNominations, evictVictims } from "./preemption/evict_victims.ts";
import { type QueuedPod, SchedulingQueue } from "./queue.ts";

export const SCHEDULER_NAME = "default-scheduler";

export interface SchedulerOptions {
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly random?: () => number;
}

const logger = getLogger(["skiff", "scheduler"]);
/** Bindings that may be under way at once; decisions wait beyond it. */
const MAX_BINDING = 64;
const NO_NODES: PostFilterResult = { outcome: "wait", message: "", nomination: "keep" };

/** Starts scheduling; ends with the signal. Decisions are made one after the other, bindings overlap. */
export function startScheduler(options: SchedulerOptions): void {
  new Scheduler(options).start();
}

class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #state = new ClusterState();
  readonly #queue: SchedulingQueue;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #budgets: Informer<PodDisruptionBudget>;
  /** Pods whose victims are being asked to go: they are not tried until all have been. */
  readonly #preempting = new Set<string>();
  #binding = 0;
  #scheduled = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#queue = new SchedulingQueue(options.clock, () => this.#soon());
    this.#pods = options.informers.informer(pods);
    this.#nodes = options.informers.informer(nodes);
    this.#budgets = options.informers.informer(poddisruptionbudgets);
  }

  start(): void {
    this.#nodes.onChange((change) => {
      if (change.type === "deleted") return this.#state.removeNode(change.object.metadata.name!);
      this.#state.setNode(change.object);
      // A heartbeat alone helps no Pod.
      if (change.type === "added" || mayHelp(change.previous, change.object)) this.#queue.moveAll();
    });
    this.#pods.onChange((change) => {
      if (change.type === "deleted") this.#gone(change.object);
      else this.#changed(change.object, change.type === "updated" ? change.previous : undefined);
    });
    this.#options.signal.addEventListener("abort", () => this.#queue.close(), { once: true });
    this.#options.informers.whenSynced(this.#options.signal).then(() => this.#soon(), () => {});
  }

  #gone(pod: Pod): void {
    this.#state.removePod(keyOf(pod));
    this.#state.nominate(pod, undefined);
    this.#queue.remove(keyOf(pod));
    if (pod.spec.nodeName) this.#queue.moveAll();
  }

  #changed(pod: Pod, previous: Pod | undefined): void {
    const key = keyOf(pod);
    if (pod.spec.nodeName || isFinished(pod)) this.#state.nominate(pod, undefined);
    // A nomination that the status does not show yet outlives changes of something else.
    else if (pod.status?.nominatedNodeName !== previous?.status?.nominatedNodeName) {
      this.#state.nominate(pod, pod.status?.nominatedNodeName);
    }
    if (pod.spec.nodeName) {
      this.#state.setPod(pod);
      this.#queue.remove(key);
      if (isFinished(pod) && previous && !isFinished(previous)) this.#queue.moveAll();
      return;
    }
    if (!this.#waits(pod)) return this.#queue.remove(key);
    // Our own status patch must not count as news, or the Pod would be tried at once and for ever.
    if (previous && !isGated(previous) && previous.spec === pod.spec) return;
    if (previous && !isGated(previous) && JSON.stringify(previous.spec) === JSON.stringify(pod.spec)) return;
    this.#queue.add(queued(pod));
  }

  /** Whether it is for this scheduler to find a node for the Pod. */
  #waits(pod: Pod): boolean {
    return !pod.spec.nodeName && !isFinished(pod) && !pod.metadata.deletionTimestamp &&
      pod.spec.schedulerName === SCHEDULER_NAME && !isGated(pod);
  }

  /** Decides in a task of its own, so that a burst of events is taken in first. */
  #soon(): void {
    if (this.#scheduled || this.#options.signal.aborted) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#run();
    });
  }

  #run(): void {
    if (!this.#pods.synced || !this.#nodes.synced) return;
    while (this.#binding < MAX_BINDING) {
      const next = this.#queue.pop();
      if (!next) return;
      const pod = this.#pods.get(next.key);
      if (pod && !pod.spec.nodeName && !this.#preempting.has(next.key)) this.#schedule(next, pod);
    }
  }

  #schedule(queued: QueuedPod, pod: Pod): void {
    const moves = this.#queue.moves;
    const random = this.#options.random ?? Math.random;
    const nominated = this.#state.nominationOf(pod);
    const decision = decide(podFacts(pod), this.#state.nodes(), plugins, random, nominated);
    if (decision.outcome === "unschedulable") {
      this.#unschedulable(queued, pod, decision.message, decision.refused, moves);
      return;
    }
    this.#state.setPod(pod, decision.node);
    this.#binding++;
    this.#bind(pod, decision.node).catch((error) => {
      this.#state.removePod(queued.key);
      if (isNotFound(error) || isConflict(error) || this.#options.signal.aborted) return;
      logger.error("Pod {pod} could not be bound to {node}: {error}", { pod: queued.key, node: decision.node, error });
      this.#queue.fits(queued, "error", moves);
    }).finally(() => {
      this.#binding--;
      this.#soon();
    });
  }

  async #bind(pod: Pod, node: string): Promise<void> {
    const { client, events, signal } = this.#options;
    const { namespace, name, uid } = pod.metadata;
    const metadata = { namespace: namespace!, name: name!, uid: uid! };
    const target = { kind: "Node", name: node };
    await client.create(bindings, { metadata, target }, { namespace: namespace!, signal });
    events.event(pod, "Normal", "Scheduled", `Successfully assigned ${keyOf(pod)} to ${node}`);
  }

  #unschedulable(
    queued: QueuedPod,
    pod: Pod,
    reason: string,
    refused: readonly RefusedNode[],
    moves: number,
  ): void {
    const { events, random = Math.random } = this.#options;
    const result = refused.length === 0 ? NO_NODES : postFilter.postFilter(podFacts(pod), refused, {
      refusal: (other, node) => refusalOf(other, node, plugins),
      budgets: this.#budgets.list(),
      random,
    });
    if (result.outcome === "preempt") this.#preempt(queued, pod, result, moves);
    else {
      if (result.nomination === "clear") this.#state.nominate(pod, undefined);
      this.#queue.fits(queued, "nowhere", moves);
    }
    const message = result.outcome === "wait" ? `${reason} ${result.message}`.trimEnd() : reason;
    events.event(pod, "Warning", "FailedScheduling", message);
    this.#report(pod, message, this.#state.nominationOf(pod));
  }

  /** Nominates the Pod for the node and makes room there. When its victims have been asked to go, it waits for them as for any change. */
  #preempt(
    queued: QueuedPod,
    pod: Pod,
    { node, victims }: PostFilterResult & { outcome: "preempt" },
    moves: number,
  ): void {
    // Who matters less and was to come here will not fit any more: it looks for another place.
    const displaced = [...this.#state.nominatedFor(node).values()].map((other) => other.pod)
      .filter((other) => priorityOf(other) < priorityOf(pod));
    for (const other of displaced) this.#state.nominate(other, undefined);
    this.#state.nominate(pod, node);
    this.#preempting.add(queued.key);
    const asked = Promise.all([
      clearNominations(displaced, this.#options),
      evictVictims(pod, node, victims.map((victim) => victim.pod), this.#options),
    ]);
    asked.then(() => "nowhere" as const, (error) => {
      if (!this.#options.signal.aborted) {
        logger.warn("room for Pod {pod} on {node} could not be made: {error}", { pod: queued.key, node, error });
      }
      return "error" as const;
    }).then((fit) => {
      this.#preempting.delete(queued.key);
      const now = this.#pods.get(queued.key);
      if (now && this.#waits(now) && !this.#options.signal.aborted) this.#queue.fits(queued, fit, moves);
    });
  }

  /** Tells in the Pod's status why it waits, and where it is to go; only when that is news. */
  #report(pod: Pod, message: string, nominatedNodeName: string | undefined): void {
    const { client, clock, signal } = this.#options;
    const old = findCondition(pod.status?.conditions, "PodScheduled");
    const condition: PodCondition = { type: "PodScheduled", status: "False", reason: "Unschedulable", message };
    const [wanted] = setCondition(old ? [old] : [], condition, clock.now());
    if (wanted === old && nominatedNodeName === pod.status?.nominatedNodeName) return;
    const target = { namespace: pod.metadata.namespace!, name: pod.metadata.name! };
    const patch = {
      metadata: { uid: pod.metadata.uid },
      status: { conditions: [wanted], nominatedNodeName: nominatedNodeName ?? null },
    };
    client.patch(pods, target, { type: "strategic", patch }, { subresource: "status", signal }).catch((error) => {
      if (!isNotFound(error) && !isConflict(error) && !signal.aborted) {
        logger.warn("status of Pod {pod} could not be written: {error}", { pod: keyOf(pod), error });
      }
    });
  }
}

function queued(pod: Pod): QueuedPod {
  const created = pod.metadata.creationTimestamp;
  return { key: keyOf(pod), priority: pod.spec.priority ?? 0, since: created ? parseTime(created) : 0 };
}

function isFinished(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

function isGated(pod: Pod): boolean {
  return (pod.spec.schedulingGates?.length ?? 0) > 0;
}

/** Whether a node changed in what the plugins look at. */
function mayHelp(before: Node, after: Node): boolean {
  const relevant = (node: Node) => JSON.stringify([node.metadata.labels, node.spec, node.status?.allocatable]);
  return relevant(before) !== relevant(after);
}
