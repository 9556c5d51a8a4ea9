import { setCondition } from "../../../api/meta/conditions.ts";
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { IntOrStringError } from "../../../api/meta/int_or_string.ts";
import { keyOf } from "../../../api/resource.ts";
import { poddisruptionbudgets, pods } from "../../../api/resources.ts";
import type { ResourceRow } from "../../../api/schema/contract.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import type { Condition } from "../../../api/types/meta_v1.ts";
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from "../../../api/types/policy_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";
import { allowedCondition, covers } from "../../disruption/budget.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { expectedScale, NoScale } from "./scale.ts";
import { needsScale, nextStatus } from "./status.ts";

type Enqueue = (key: string, afterMilliseconds?: number) => void;

/** Says in the status of budgets how many of their Pods may be evicted now. Evictions themselves are charged by the API server. */
export function disruptionController(context: ControllerContext, resources: () => readonly ResourceRow[]): Controller {
  return new DisruptionController(context, resources);
}

class DisruptionController implements Controller {
  readonly name = "disruption";
  readonly concurrency = 2;
  readonly #context: ControllerContext;
  readonly #resources: () => readonly ResourceRow[];
  readonly #budgets: Informer<PodDisruptionBudget>;
  readonly #pods: Informer<Pod>;

  constructor(context: ControllerContext, resources: () => readonly ResourceRow[]) {
    this.#context = context;
    this.#resources = resources;
    this.#budgets = context.informers.informer(poddisruptionbudgets);
    this.#pods = context.informers.informer(pods);
  }

  setup(enqueue: Enqueue): void {
    this.#budgets.onChange(({ type, object }) => {
      if (type !== "deleted") enqueue(keyOf(object));
    });
    this.#pods.onChange((change) => {
      this.#wake(change.object, enqueue);
      if (change.type === "updated" && !deepEqual(change.object.metadata.labels, change.previous.metadata.labels)) {
        this.#wake(change.previous, enqueue);
      }
    });
  }

  #wake(pod: Pod, enqueue: Enqueue): void {
    const covering = this.#budgets.list(pod.metadata.namespace).filter((budget) => covers(budget, pod));
    for (const budget of covering) enqueue(keyOf(budget));
    if (covering.length < 2) return;
    const { namespace, name } = pod.metadata;
    const who = `${JSON.stringify(namespace)}/${JSON.stringify(name)}`;
    const message = `Pod ${who} matches multiple PodDisruptionBudgets, which its eviction does not support`;
    this.#context.events.event(pod, "Warning", "MultiplePodDisruptionBudgets", message);
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const budget = this.#budgets.get(key);
    if (budget === undefined) return DONE;
    const { events, clock } = this.#context;
    const covered = this.#pods.list(budget.metadata.namespace).filter((pod) => covers(budget, pod));
    if (covered.length === 0) events.event(budget, "Normal", "NoPods", "No matching pods found");
    try {
      const scale = needsScale(budget) ? await this.#scale(budget, covered, signal) : undefined;
      const { status, overdue, recheckAfter } = nextStatus(budget, { pods: covered, scale }, clock.now());
      for (const pod of overdue) {
        const message = `Pod ${pod} was expected by PDB ${key} to be deleted but it wasn't`;
        events.event(budget, "Warning", "NotDeleted", message);
      }
      await this.#store(budget, status, signal);
      return recheckAfter === undefined ? DONE : { outcome: "retryAfter", milliseconds: recheckAfter };
    } catch (error) {
      if (!(error instanceof NoScale || error instanceof IntOrStringError)) throw error;
      const message = `Failed to calculate the number of expected pods: ${error.message}`;
      events.event(budget, "Warning", "CalculateExpectedPodCountFailed", message);
      await this.#store(budget, failed(budget, error.message, clock.now()), signal);
      return DONE;
    }
  }

  async #scale(budget: PodDisruptionBudget, covered: readonly Pod[], signal: AbortSignal): Promise<number> {
    const { client, events } = this.#context;
    const { count, unmanaged } = await expectedScale(client, this.#resources(), covered, signal);
    if (unmanaged.length > 0) {
      const message = `${unmanaged.length} of the pods that this budget selects (${unmanaged[0]} is one) have no ` +
        "controller and cannot be counted; .spec.minAvailable as a plain number counts them, too";
      events.event(budget, "Warning", "UnmanagedPods", message);
    }
    return count;
  }

  async #store(budget: PodDisruptionBudget, status: PodDisruptionBudgetStatus, signal: AbortSignal): Promise<void> {
    if (deepEqual(status, budget.status)) return;
    await this.#context.client.update(poddisruptionbudgets, { ...budget, status }, { subresource: "status", signal });
  }
}

/** Nothing may be evicted while it is not known how much there is. */
function failed(
  { metadata: { generation: observedGeneration = 0 }, status }: PodDisruptionBudget,
  message: string,
  now: number,
): PodDisruptionBudgetStatus {
  const condition = { type: allowedCondition, status: "False", reason: "SyncFailed", message, observedGeneration };
  const conditions = setCondition<Condition>([...status?.conditions ?? []], condition, now);
  return { ...status, disruptionsAllowed: 0, conditions };
}
