import { getLogger } from "@logtape/logtape";
import { findCondition } from "../../../api/meta/conditions.ts";
import { formatTime } from "../../../api/meta/time.ts";
import { leases, nodes, pods } from "../../../api/resources.ts";
import { isConflict, isNotFound } from "../../../api/status.ts";
import type { Lease } from "../../../api/types/coordination_v1.ts";
import type { Node, Pod } from "../../../api/types/core_v1.ts";
import type { Change, Informer } from "../../../client/informer_contract.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { targetOf } from "../shared/claim.ts";
import { indexByNode, podsOnNode } from "../shared/indexes.ts";
import { isReady } from "../shared/pod_state.ts";
import { type Disruption, disruptionOf, readiness } from "./disruption.ts";
import { Heartbeats } from "./heartbeats.ts";
import { wantedTaints } from "./taints.ts";
import { unknownConditions } from "./unknown_conditions.ts";

/** Milliseconds after which a node that is silent counts as lost. */
const gracePeriod = 40_000;
/** A timer that is later than this says that the machine slept or its clock was set, not that the node was silent. */
const tardiness = 10_000;
const leaseNamespace = "kube-node-lease";
const logger = getLogger(["skiff", "controllers", "node-lifecycle"]);

/**
 * Judges nodes by their heartbeats, and says of a lost one what is known of it: nothing. Taints nodes as their conditions ask, and takes the Pods
 * of a node that stopped being ready out of service. Keys are the names of nodes; each has one timer, set to where its time would be up.
 */
export function nodeLifecycle(context: ControllerContext): Controller {
  return new NodeLifecycle(context);
}

class NodeLifecycle implements Controller {
  readonly name = "node-lifecycle";
  readonly concurrency = 2;
  readonly #context: ControllerContext;
  readonly #nodes: Informer<Node>;
  readonly #leases: Informer<Lease>;
  readonly #pods: Informer<Pod>;
  readonly #heartbeats = new Heartbeats();
  /** Nodes that stopped being ready, and whose Pods have not been taken out of service yet. */
  readonly #fallen = new Set<string>();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#nodes = context.informers.informer(nodes);
    this.#leases = context.informers.informer(leases, { namespace: leaseNamespace });
    this.#pods = context.informers.informer(pods);
  }

  setup(enqueue: (key: string) => void): void {
    indexByNode(this.#pods);
    this.#leases.onChange(({ type, object }) => {
      const { name = "" } = object.metadata;
      if (type !== "deleted") this.#see(name, "lease", object.spec?.renewTime);
    });
    this.#nodes.onChange((change) => {
      const { name = "" } = change.object.metadata;
      if (change.type !== "deleted") this.#seeStatus(change.object);
      enqueue(name);
      if (!changesReadiness(change)) return;
      if (change.type === "updated" && readiness(change.previous) === "True") this.#fallen.add(name);
      // How many nodes are lost decides what happens to each of them.
      for (const other of this.#nodes.list()) if (readiness(other) !== "True") enqueue(other.metadata.name ?? "");
    });
  }

  async reconcile(name: string, signal: AbortSignal): Promise<Result> {
    let node = this.#nodes.get(name);
    if (node === undefined) {
      this.#heartbeats.forget(name);
      this.#fallen.delete(name);
      return DONE;
    }
    const now = this.#context.clock.now();
    const left = this.#timeLeft(node, now);
    if (left <= 0) node = await this.#declareUnknown(node, now, signal);
    const ready = readiness(node);
    // An agent that lives says of its Pods what it knows, so that they are marked once; one that is lost says nothing more.
    if (ready !== "True" && (this.#fallen.has(name) || left <= 0)) await this.#markPodsNotReady(node, signal);
    this.#fallen.delete(name);
    const disruption = this.#disruption(now);
    await this.#taint(node, disruption, signal);
    if (left > 0) return { outcome: "retryAfter", milliseconds: left };
    // Taints were held back, perhaps for nodes that turn out to be well and cause no event.
    return disruption === "normal" ? DONE : { outcome: "retryAfter", milliseconds: gracePeriod };
  }

  /** Milliseconds; none or less when the node has been silent for too long. */
  #timeLeft(node: Node, now: number): number {
    const { name = "" } = node.metadata;
    const left = (this.#heartbeats.lastHeard(name) ?? now) + gracePeriod - now;
    const isJudged = readiness(node) === "Unknown";
    if (left <= gracePeriod && (left > -tardiness || isJudged)) return left;
    // Boards without a clock of their own begin in the past. The agent may not have had its turn since.
    this.#see(name, "clock", String(now));
    return gracePeriod;
  }

  #see(node: string, source: string, mark = ""): void {
    this.#heartbeats.see(node, source, mark, this.#context.clock.now());
  }

  /** Unknown is what we wrote ourselves. */
  #seeStatus(node: Node): void {
    const ready = findCondition(node.status?.conditions, "Ready");
    if (ready?.status === "Unknown") return;
    const mark = ready && `${ready.status} ${ready.lastTransitionTime} ${ready.lastHeartbeatTime}`;
    this.#see(node.metadata.name ?? "", "status", mark);
  }

  async #declareUnknown(node: Node, now: number, signal: AbortSignal): Promise<Node> {
    const conditions = unknownConditions(node, now);
    if (conditions === undefined) return node;
    const { name = "", resourceVersion } = node.metadata;
    logger.warn("node {node} has not been heard of for {seconds} s", { node: name, seconds: gracePeriod / 1000 });
    // With its version, so that a report that comes in at this moment wins.
    const patch = { metadata: { resourceVersion }, status: { conditions } };
    const options = { subresource: "status", signal };
    const updated = await this.#context.client.patch(nodes, { name }, { type: "strategic", patch }, options);
    this.#context.events.event(updated, "Normal", "NodeNotReady", `Node ${name} status is now: NodeNotReady`);
    return updated;
  }

  async #markPodsNotReady(node: Node, signal: AbortSignal): Promise<void> {
    for (const pod of podsOnNode(this.#pods, node.metadata.name ?? "")) {
      if (!isReady(pod)) continue;
      const condition = {
        type: "Ready",
        status: "False",
        lastTransitionTime: formatTime(this.#context.clock.now()),
      };
      const patch = { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } };
      const options = { subresource: "status", signal };
      try {
        await this.#context.client.patch(pods, targetOf(pod), { type: "strategic", patch }, options);
        this.#context.events.event(pod, "Warning", "NodeNotReady", "Node is not ready");
      } catch (error) {
        if (!isNotFound(error) && !isConflict(error)) throw error;
      }
    }
  }

  async #taint(node: Node, disruption: Disruption, signal: AbortSignal): Promise<void> {
    const { name = "", resourceVersion } = node.metadata;
    const taints = wantedTaints(node, disruption, this.#context.clock.now());
    if (taints === undefined) return;
    const patch = { metadata: { resourceVersion }, spec: { taints: taints.length > 0 ? taints : null } };
    await this.#context.client.patch(nodes, { name }, { type: "merge", patch }, { signal });
  }

  /** Counts nodes that will be declared unknown soon unless they speak: when a network fails, they fall silent together. */
  #disruption(now: number): Disruption {
    const all = this.#nodes.list();
    const silent = all.filter((node) => {
      const heard = this.#heartbeats.lastHeard(node.metadata.name ?? "") ?? now;
      return readiness(node) !== "True" || now - heard > gracePeriod / 2;
    });
    return disruptionOf(silent.length, all.length);
  }
}

function changesReadiness(change: Change<Node>): boolean {
  return change.type !== "updated" || readiness(change.previous) !== readiness(change.object);
}
