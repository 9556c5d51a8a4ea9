import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { keyOf, type Resource, splitKey } from "../../../api/resource.ts";
import { resourcequotas } from "../../../api/resources.ts";
import type { ResourceRow } from "../../../api/schema/contract.ts";
import { isNotFound } from "../../../api/status.ts";
import type { ResourceQuota } from "../../../api/types/core_v1.ts";
import type { WatchEvent } from "../../../client/client.ts";
import type { Change, Informer } from "../../../client/informer_contract.ts";
import { type Amounts, formatAmounts, isEqual, parseAmounts } from "../../quota/amounts.ts";
import type { Evaluator } from "../../quota/evaluator.ts";
import { evaluatorOf } from "../../quota/evaluators.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { namespacedResources } from "../namespace/namespaced_resources.ts";
import { watchChanges } from "./change_watch.ts";
import { concerns, type Counted, usageOf } from "./usage.ts";

/** Milliseconds after which freed amounts are given back: objects go in bunches. */
const freeDelay = 200;
/** Writes are charged before they are stored; what was charged for one that failed is found this much later. */
const auditDelay = 5_000;
/** No amount is lowered so soon after a charge: its object may be on the way. */
const quiet = 250;
/** A quota that is charged all the time is lowered nevertheless. */
const longest = 2_000;

/**
 * Keeps `status.used` of quotas true. Admission charges what is made and grown; this gives back what is freed, takes over new limits, and corrects.
 * Resources are watched only while a quota limits them, and their objects are not kept.
 */
export function resourceQuotaController(
  context: ControllerContext,
  resources: () => readonly ResourceRow[],
): Controller {
  return new ResourceQuotaController(context, resources);
}

type Enqueue = (key: string, afterMilliseconds?: number) => void;

class ResourceQuotaController implements Controller {
  readonly name = "resourcequota";
  readonly concurrency = 2;
  readonly #context: ControllerContext;
  readonly #resources: () => readonly ResourceRow[];
  readonly #quotas: Informer<ResourceQuota>;
  /** By resource, what ends its watch. */
  readonly #watched = new Map<string, AbortController>();
  /** When each quota was last charged, and since when a lower amount has been waiting; in milliseconds. */
  readonly #charged = new Map<string, number>();
  readonly #waiting = new Map<string, number>();

  constructor(context: ControllerContext, resources: () => readonly ResourceRow[]) {
    this.#context = context;
    this.#resources = resources;
    this.#quotas = context.informers.informer(resourcequotas);
  }

  setup(enqueue: Enqueue): void {
    this.#quotas.onChange((change) => {
      const decides = change.type !== "updated" || !deepEqual(change.object.spec, change.previous.spec);
      if (decides) this.#followQuotas(enqueue);
      this.#note(change, decides, enqueue);
    });
  }

  #note(change: Change<ResourceQuota>, decides: boolean, enqueue: Enqueue): void {
    const key = keyOf(change.object);
    if (change.type === "deleted") {
      this.#charged.delete(key);
      this.#waiting.delete(key);
    } else if (decides) enqueue(key);
    else if (change.type === "updated" && !deepEqual(change.object.status, change.previous.status)) {
      this.#charged.set(key, this.#context.clock.now());
      enqueue(key, auditDelay);
    }
  }

  /** Watches what some quota limits, and no more. */
  #followQuotas(enqueue: Enqueue): void {
    const quotas = this.#quotas.list();
    const wanted = new Set<string>();
    for (const [resource, evaluator] of this.#limitable()) {
      if (!quotas.some((quota) => concerns(quota, evaluator))) continue;
      wanted.add(evaluator.resource);
      if (!this.#watched.has(evaluator.resource)) this.#watch(resource, evaluator, enqueue);
    }
    for (const [name, stop] of this.#watched) {
      if (wanted.has(name)) continue;
      stop.abort();
      this.#watched.delete(name);
    }
  }

  #limitable(): [Resource, Evaluator][] {
    return namespacedResources(this.#resources()).flatMap((resource): [Resource, Evaluator][] => {
      const evaluator = evaluatorOf(resource.group, resource.resource);
      return evaluator === undefined ? [] : [[resource, evaluator]];
    });
  }

  #watch(resource: Resource, evaluator: Evaluator, enqueue: Enqueue): void {
    const { client, clock, signal } = this.#context;
    const stop = new AbortController();
    this.#watched.set(evaluator.resource, stop);
    const each = (namespace: string | undefined, delay: number) => {
      for (const quota of this.#quotas.list(namespace)) if (concerns(quota, evaluator)) enqueue(keyOf(quota), delay);
    };
    const delays: Readonly<Record<Exclude<WatchEvent["type"], "BOOKMARK">, number | undefined>> = {
      ADDED: auditDelay,
      DELETED: freeDelay,
      MODIFIED: evaluator.varies ? freeDelay : undefined,
    };
    const handler = {
      started: () => each(undefined, freeDelay),
      changed: ({ type, object }: Exclude<WatchEvent, { readonly type: "BOOKMARK" }>) => {
        const delay = delays[type];
        if (delay !== undefined) each(object.metadata.namespace, delay);
      },
    };
    void watchChanges(client, clock, resource, handler, AbortSignal.any([signal, stop.signal]));
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const { client, clock } = this.#context;
    const quota = await this.#read(key, signal);
    if (quota === undefined) return DONE;
    const used = usageOf(quota, await this.#count(quota, signal), clock.now());
    const { hard, used: before } = quota.status ?? {};
    const same = isEqual(used, parseAmounts(before)) && deepEqual(hard ?? {}, quota.spec.hard ?? {});
    const wait = same ? 0 : this.#untilQuiet(key, used, parseAmounts(before));
    if (wait > 0) return { outcome: "retryAfter", milliseconds: wait };
    this.#waiting.delete(key);
    if (same) return DONE;
    const status = { hard: { ...quota.spec.hard }, used: formatAmounts(used) };
    await client.update(resourcequotas, { ...quota, status }, { subresource: "status", signal });
    return DONE;
  }

  async #read(key: string, signal: AbortSignal): Promise<ResourceQuota | undefined> {
    try {
      return await this.#context.client.get(resourcequotas, splitKey(key), { signal });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  #count(quota: ResourceQuota, signal: AbortSignal): Promise<Counted[]> {
    const { namespace = "" } = quota.metadata;
    const concerned = this.#limitable().filter(([, evaluator]) => concerns(quota, evaluator));
    return Promise.all(concerned.map(async ([resource, evaluator]) => {
      const { items } = await this.#context.client.list(resource, { namespace, signal });
      return { evaluator, objects: items };
    }));
  }

  /** How long to wait, in milliseconds, before some amount may be lowered to what was counted. */
  #untilQuiet(key: string, used: Amounts, before: Amounts): number {
    const isLower = [...before].some(([name, amount]) => (used.get(name)?.compare(amount) ?? 0) < 0);
    const charged = this.#charged.get(key);
    if (!isLower || charged === undefined) return 0;
    const now = this.#context.clock.now();
    const since = this.#waiting.get(key) ?? now;
    this.#waiting.set(key, since);
    return now - since >= longest ? 0 : Math.max(charged + quiet - now, 0);
  }
}
