import { getLogger } from "@logtape/logtape";
import { formatTime } from "../../../api/meta/time.ts";
import { keyOf } from "../../../api/resource.ts";
import { nodes, pods } from "../../../api/resources.ts";
import { isConflict, isNotFound } from "../../../api/status.ts";
import type { Node, Pod, PodCondition } from "../../../api/types/core_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { targetOf } from "../shared/claim.ts";
import { indexByNode, podsOnNode } from "../shared/indexes.ts";
import { isTerminal } from "../shared/pod_state.ts";
import { countsAsTerminated, isUnscheduledTerminating, oldestBeyond } from "./choose.ts";

/** Upstream keeps 12,500, which at some kilobytes each is more than an edge node should spend on what is over. */
const terminatedThreshold = 1000;
/** A node that is made anew under its name within this time, in milliseconds, finds its Pods still there; as upstream. */
const quarantine = 40_000;

const nodePrefix = "node ";
const terminatedKey = "terminated";
const logger = getLogger(["skiff", "controllers", "pod-gc"]);

export interface PodGcOptions {
  /** How many terminated Pods may stay; 1,000 when absent. */
  readonly threshold?: number;
}

/**
 * Deletes Pods that nobody else will: of nodes that are gone, marked to go before any node had them, and terminated ones beyond a limit. Keys are
 * those of Pods, `node NAME` for a node that may be gone, and `terminated`.
 */
export function podGc(context: ControllerContext, options: PodGcOptions = {}): Controller {
  return new PodGc(context, options);
}

class PodGc implements Controller {
  readonly name = "pod-gc";
  readonly concurrency = 2;
  readonly #context: ControllerContext;
  readonly #threshold: number;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  /** Keys of the Pods that have ended and are not being deleted. */
  readonly #terminated = new Set<string>();

  constructor(context: ControllerContext, { threshold = terminatedThreshold }: PodGcOptions) {
    this.#context = context;
    this.#threshold = threshold;
    this.#pods = context.informers.informer(pods);
    this.#nodes = context.informers.informer(nodes);
  }

  setup(enqueue: (key: string, afterMilliseconds?: number) => void): void {
    indexByNode(this.#pods);
    this.#pods.onChange((change) => {
      const { object: pod } = change;
      if (change.type === "deleted") return void this.#terminated.delete(keyOf(pod));
      if (countsAsTerminated(pod)) this.#terminated.add(keyOf(pod));
      else this.#terminated.delete(keyOf(pod));
      if (this.#terminated.size > this.#threshold) enqueue(terminatedKey);
      if (isUnscheduledTerminating(pod)) enqueue(keyOf(pod));
      const { nodeName } = pod.spec;
      if (nodeName && this.#nodes.get(nodeName) === undefined) enqueue(nodePrefix + nodeName, quarantine);
    });
    this.#nodes.onChange(({ type, object }) => {
      if (type === "deleted") enqueue(nodePrefix + keyOf(object), quarantine);
    });
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    if (key === terminatedKey) await this.#trim(signal);
    else if (key.startsWith(nodePrefix)) await this.#clear(key.slice(nodePrefix.length), signal);
    else {
      const pod = this.#pods.get(key);
      if (pod !== undefined && isUnscheduledTerminating(pod)) await this.#delete(pod, undefined, signal);
    }
    return DONE;
  }

  async #trim(signal: AbortSignal): Promise<void> {
    const ended = [...this.#terminated].map((key) => this.#pods.get(key)).filter((pod) => pod !== undefined);
    const chosen = oldestBeyond(ended, this.#threshold);
    if (chosen.length > 0) {
      logger.info("deleting {count} terminated Pods, the oldest beyond {threshold}", {
        count: chosen.length,
        threshold: this.#threshold,
      });
    }
    for (const pod of chosen) await this.#delete(pod, undefined, signal);
  }

  async #clear(node: string, signal: AbortSignal): Promise<void> {
    const bound = podsOnNode(this.#pods, node);
    if (bound.length === 0 || this.#nodes.get(node) !== undefined || await this.#exists(node, signal)) return;
    for (const pod of bound) {
      logger.info("deleting Pod {pod}, whose node {node} is gone", { pod: keyOf(pod), node });
      const condition = {
        type: "DisruptionTarget",
        status: "True",
        reason: "DeletionByPodGC",
        message: "PodGC: node no longer exists",
        lastTransitionTime: formatTime(this.#context.clock.now()),
      };
      await this.#delete(pod, condition, signal);
    }
  }

  async #exists(node: string, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#context.client.get(nodes, { name: node }, { signal });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  /** Marks as failed what has not ended, so that its owner counts it right, and deletes it without a grace period: no agent is there to grant one. */
  async #delete(pod: Pod, condition: PodCondition | undefined, signal: AbortSignal): Promise<void> {
    const { client } = this.#context;
    const { uid = "" } = pod.metadata;
    try {
      if (!isTerminal(pod)) {
        const status = { phase: "Failed", ...(condition === undefined ? {} : { conditions: [condition] }) };
        const patch = { type: "strategic", patch: { metadata: { uid }, status } } as const;
        await client.patch(pods, targetOf(pod), patch, { subresource: "status", signal });
      }
      await client.delete(pods, targetOf(pod), { gracePeriodSeconds: 0, preconditions: { uid }, signal });
    } catch (error) {
      // Gone, or another one of the same name: its own events bring it here.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
}
