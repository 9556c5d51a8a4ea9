import { findCondition } from "../../../api/meta/conditions.ts";
import { formatTime, parseTime } from "../../../api/meta/time.ts";
import { keyOf } from "../../../api/resource.ts";
import { pods } from "../../../api/resources.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";
import { deletionTimeout } from "../../disruption/budget.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { targetOf } from "../shared/claim.ts";
import { isTerminal } from "../shared/pod_state.ts";

const type = "DisruptionTarget";
/** The node's own ones stand: it may take any time until the Pod ends. */
const byNode = "TerminationByKubelet";

/** Takes back the condition that says a Pod is about to be disrupted, from Pods that after two minutes still are not. */
export function staleDisruptionController(context: ControllerContext): Controller {
  return new StaleDisruption(context);
}

class StaleDisruption implements Controller {
  readonly name = "disruption-condition";
  readonly concurrency = 1;
  readonly #context: ControllerContext;
  readonly #pods: Informer<Pod>;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#pods = context.informers.informer(pods);
  }

  setup(enqueue: (key: string, afterMilliseconds?: number) => void): void {
    this.#pods.onChange((change) => {
      if (change.type === "deleted") return;
      const left = untilStale(change.object, this.#context.clock.now());
      if (left !== undefined) enqueue(keyOf(change.object), left);
    });
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const { client, clock } = this.#context;
    const pod = this.#pods.get(key);
    const left = pod && untilStale(pod, clock.now());
    if (pod === undefined || left === undefined) return DONE;
    if (left > 0) return { outcome: "retryAfter", milliseconds: left };
    const condition = { type, status: "False", reason: "", message: "", lastTransitionTime: formatTime(clock.now()) };
    const { uid = "", resourceVersion = "" } = pod.metadata;
    const patch = { metadata: { uid, resourceVersion }, status: { conditions: [condition] } };
    await client.patch(pods, targetOf(pod), { type: "strategic", patch }, { subresource: "status", signal });
    return DONE;
  }
}

/** Milliseconds; undefined when the Pod is not marked, or goes as it said. */
function untilStale(pod: Pod, now: number): number | undefined {
  if (pod.metadata.deletionTimestamp !== undefined || isTerminal(pod)) return undefined;
  const condition = findCondition(pod.status?.conditions, type);
  if (condition?.status !== "True" || condition.reason === byNode) return undefined;
  const since = condition.lastTransitionTime ? parseTime(condition.lastTransitionTime) : 0;
  return Math.max(since + deletionTimeout - now, 0);
}
