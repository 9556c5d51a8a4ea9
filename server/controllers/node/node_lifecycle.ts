import { findCondition, setCondition } from "../../../api/meta/conditions.ts";
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { formatTime } from "../../../api/meta/time.ts";
import { leases, nodes, pods } from "../../../api/resources.ts";
import { isNotFound } from "../../../api/status.ts";
import type { Lease } from "../../../api/types/coordination_v1.ts";
import type { Node, Pod, PodCondition } from "../../../api/types/core_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { targetOf } from "../shared/claim.ts";
import { indexByNode, podsOnNode } from "../shared/indexes.ts";
import { isTerminal } from "../shared/pod_state.ts";
import { gracePeriod, isNodeReady, silentConditions, taintsFor } from "./node_health.ts";

const leaseNamespace = "kube-node-lease";

/**
 * Notices nodes that have fallen silent: their conditions become Unknown, they are tainted, and their Pods count as not ready. A node is
 * heard when its Lease or its Ready condition changes, by this process' clock: the nodes' own need not be right.
 *
 * While no node at all is ready, nothing is marked for eviction: then it is this server that is cut off, or the only node that restarts, and there
 * is nowhere to go.
 */
export function nodeLifecycleController(context: ControllerContext): Controller {
  return new NodeLifecycle(context);
}

class NodeLifecycle implements Controller {
  readonly name = "node-lifecycle";
  readonly concurrency = 2;
  readonly #context: ControllerContext;
  readonly #nodes: Informer<Node>;
  readonly #leases: Informer<Lease>;
  readonly #pods: Informer<Pod>;
  /** When each node was heard last. */
  readonly #heard = new Map<string, number>();
  #readyNodes = new Set<string>();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#nodes = context.informers.informer(nodes);
    this.#leases = context.informers.informer(leases, { namespace: leaseNamespace });
    this.#pods = context.informers.informer(pods);
  }

  setup(enqueue: (key: string, afterMilliseconds?: number) => void): void {
    indexByNode(this.#pods);
    this.#nodes.onChange((change) => {
      const { object } = change;
      const name = object.metadata.name ?? "";
      if (change.type === "deleted") this.#heard.delete(name);
      else if (change.type === "added" || hasReported(change.previous, object)) this.#hear(name);
      this.#countReady(name, change.type !== "deleted" && isNodeReady(object), enqueue);
      enqueue(name);
    });
    this.#leases.onChange((change) => {
      const name = change.object.metadata.name ?? "";
      if (change.type === "updated" && change.previous.spec.renewTime !== change.object.spec.renewTime) {
        this.#hear(name);
        const node = this.#nodes.get(name);
        // A node that comes back speaks for itself; until it does, it is not looked at for each renewal.
        if (node !== undefined && findCondition(node.status?.conditions, "Ready")?.status === "Unknown") enqueue(name);
      }
    });
    this.#pods.onChange(({ type, object }) => {
      const node = this.#nodes.get(object.spec.nodeName ?? "");
      if (type !== "deleted" && node !== undefined && !isNodeReady(node) && isPodReady(object)) {
        enqueue(object.spec.nodeName ?? "");
      }
    });
  }

  async reconcile(name: string, signal: AbortSignal): Promise<Result> {
    const node = this.#nodes.get(name);
    if (node === undefined) return DONE;
    const { clock } = this.#context;
    const silence = clock.now() - (this.#heard.get(name) ?? clock.now());
    const isSilent = silence >= gracePeriod;
    const told = isSilent ? await this.#tellSilence(node, signal) : node;
    const tainted = told === undefined ? undefined : await this.#taint(told, signal);
    if (tainted === undefined) return DONE;
    if (!isNodeReady(tainted)) await this.#markPods(name, signal);
    return isSilent ? DONE : { outcome: "retryAfter", milliseconds: gracePeriod - silence };
  }

  #hear(name: string): void {
    this.#heard.set(name, this.#context.clock.now());
  }

  /** The first node to become ready, and the last to cease, change what is to be done about all others. */
  #countReady(name: string, isReady: boolean, enqueue: (key: string) => void): void {
    const before = this.#readyNodes.size > 0;
    if (isReady) this.#readyNodes.add(name);
    else this.#readyNodes.delete(name);
    if (before !== this.#readyNodes.size > 0) {
      for (const { metadata } of this.#nodes.list()) enqueue(metadata.name ?? "");
    }
  }

  /** Undefined when the node is gone. */
  async #tellSilence(node: Node, signal: AbortSignal): Promise<Node | undefined> {
    const conditions = silentConditions(node, this.#context.clock.now());
    if (conditions === node.status?.conditions) return node;
    const next = { ...node, status: { ...node.status, conditions } };
    return await this.#context.client.update(nodes, next, { subresource: "status", signal }).catch(unlessNotFound);
  }

  async #taint(node: Node, signal: AbortSignal): Promise<Node | undefined> {
    const taints = taintsFor(node, this.#readyNodes.size > 0, formatTime(this.#context.clock.now()));
    if (deepEqual(node.spec.taints ?? [], taints)) return node;
    const { resourceVersion } = node.metadata;
    const patch = { metadata: { resourceVersion }, spec: { taints: taints.length === 0 ? null : taints } };
    return await this.#context.client.patch(nodes, targetOf(node), { type: "merge", patch }, { signal }).catch(
      unlessNotFound,
    );
  }

  /** What runs on a node that nobody hears shall get no traffic. */
  async #markPods(node: string, signal: AbortSignal): Promise<void> {
    const { client, clock, events } = this.#context;
    for (const pod of podsOnNode(this.#pods, node)) {
      if (!isPodReady(pod) || isTerminal(pod)) continue;
      const ready: PodCondition = { type: "Ready", status: "False", reason: "NodeNotReady" };
      const conditions = setCondition<PodCondition>(pod.status?.conditions, ready, clock.now());
      events.event(pod, "Warning", "NodeNotReady", "Node is not ready");
      const next = { ...pod, status: { ...pod.status, conditions } };
      await client.update(pods, next, { subresource: "status", signal }).catch(unlessNotFound);
    }
  }
}

function isPodReady(pod: Pod): boolean {
  return findCondition(pod.status?.conditions, "Ready")?.status === "True";
}

/** Whether the node's agent has written: it moves the heartbeat of its Ready condition. Our own writes leave it. */
function hasReported(previous: Node, next: Node): boolean {
  const [before, after] = [previous, next].map(({ status }) => findCondition(status?.conditions, "Ready"));
  return after?.lastHeartbeatTime !== before?.lastHeartbeatTime ||
    (after?.status === "True" && before?.status !== "True");
}

function unlessNotFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
  return undefined;
}
