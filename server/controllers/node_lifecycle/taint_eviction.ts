import { getLogger } from "@logtape/logtape";
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { formatTime } from "../../../api/meta/time.ts";
import { keyOf } from "../../../api/resource.ts";
import { nodes, pods } from "../../../api/resources.ts";
import { isConflict, isNotFound } from "../../../api/status.ts";
import type { Node, Pod, Taint } from "../../../api/types/core_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { targetOf } from "../shared/claim.ts";
import { indexByNode, podsOnNode } from "../shared/indexes.ts";
import { evictionTime } from "./eviction_time.ts";

const logger = getLogger(["skiff", "controllers", "taint-eviction"]);

/**
 * Deletes Pods that do not tolerate a NoExecute taint of their node, or no longer. Keys are those of Pods. A key whose time has come is looked at
 * anew, so that an eviction is off as soon as the taint is.
 */
export function taintEviction(context: ControllerContext): Controller {
  return new TaintEviction(context);
}

class TaintEviction implements Controller {
  readonly name = "taint-eviction";
  readonly concurrency = 4;
  readonly #context: ControllerContext;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #started: number;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#nodes = context.informers.informer(nodes);
    this.#pods = context.informers.informer(pods);
    this.#started = context.clock.now();
  }

  setup(enqueue: (key: string) => void): void {
    indexByNode(this.#pods);
    this.#pods.onChange((change) => {
      const { object: pod } = change;
      const isNews = change.type !== "updated" || change.previous.spec !== pod.spec;
      if (change.type !== "deleted" && isNews && this.#taintsOf(pod).length > 0) enqueue(keyOf(pod));
    });
    this.#nodes.onChange((change) => {
      const before = change.type === "updated" ? noExecuteTaints(change.previous) : [];
      const now = noExecuteTaints(change.object);
      if (change.type === "deleted" || deepEqual(before, now)) return;
      for (const pod of podsOnNode(this.#pods, keyOf(change.object))) enqueue(keyOf(pod));
    });
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const pod = this.#pods.get(key);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return DONE;
    const time = evictionTime(pod, this.#taintsOf(pod), this.#started);
    if (time === undefined) return DONE;
    const left = time - this.#context.clock.now();
    if (left > 0) return { outcome: "retryAfter", milliseconds: left };
    await this.#evict(pod, signal);
    return DONE;
  }

  #taintsOf(pod: Pod): readonly Taint[] {
    const node = pod.spec.nodeName ? this.#nodes.get(pod.spec.nodeName) : undefined;
    return node === undefined ? [] : noExecuteTaints(node);
  }

  async #evict(pod: Pod, signal: AbortSignal): Promise<void> {
    const { client, clock, events } = this.#context;
    const { uid = "" } = pod.metadata;
    logger.info("evicting Pod {pod} from node {node}, whose taints it does not tolerate", {
      pod: keyOf(pod),
      node: pod.spec.nodeName,
    });
    events.event(pod, "Normal", "TaintManagerEviction", `Marking for deletion Pod ${keyOf(pod)}`);
    const condition = {
      type: "DisruptionTarget",
      status: "True",
      reason: "DeletionByTaintManager",
      message: "Taint manager: deleting due to NoExecute taint",
      lastTransitionTime: formatTime(clock.now()),
    };
    const patch = { metadata: { uid }, status: { conditions: [condition] } };
    try {
      await client.patch(pods, targetOf(pod), { type: "strategic", patch }, { subresource: "status", signal });
      await client.delete(pods, targetOf(pod), { preconditions: { uid }, signal });
    } catch (error) {
      // Gone, or another one of the same name by now.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
}

function noExecuteTaints(node: Node): Taint[] {
  return (node.spec.taints ?? []).filter(({ effect }) => effect === "NoExecute");
}
