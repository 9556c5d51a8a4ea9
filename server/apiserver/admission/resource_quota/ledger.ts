import { resourcequotas } from "../../../../api/resources.ts";
import type { KubeObject } from "../../../../api/resource.ts";
import { conflict, type StatusError } from "../../../../api/status.ts";
import { pause } from "../../../../client/pause.ts";
import { formatAmounts } from "../../../quota/amounts.ts";
import { charge, type LimitedResource, QuotaRefusal, type RunningQuota, runningQuota } from "../../../quota/charge.ts";
import type { Evaluator } from "../../../quota/evaluator.ts";
import type { AdmissionContext, AdmissionRequest } from "../contract.ts";
import { refuse } from "../refuse.ts";

interface Waiter {
  readonly request: AdmissionRequest & { readonly object: KubeObject };
  readonly evaluator: Evaluator;
  settle(error?: StatusError | Error): void;
}

/** Milliseconds, more with each attempt, in which this server's cache may learn what another server wrote. */
const catchUp = 10;

/** Other servers, and the controller, write quotas too; who loses so often is not alone in a storm. */
const attempts = 16;

/**
 * Charges writes to the quotas of their namespace before they are stored. All writes that come while a quota is being written share its next
 * version: a hundred Pods made at once cost a few writes, and none can slip past another. Charges of several quotas are stored all or none.
 */
export class QuotaLedger {
  readonly #limited: readonly LimitedResource[];
  /** Of each namespace with a round under way, who waits for the next one. */
  readonly #waiting = new Map<string, Waiter[]>();

  constructor(limited: readonly LimitedResource[]) {
    this.#limited = limited;
  }

  charge(request: Waiter["request"], evaluator: Evaluator, context: AdmissionContext): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: Error) => error === undefined ? resolve() : reject(error);
      const waiter: Waiter = { request, evaluator, settle };
      const waiting = this.#waiting.get(request.namespace);
      if (waiting !== undefined) return void waiting.push(waiter);
      this.#waiting.set(request.namespace, [waiter]);
      void this.#run(request.namespace, context);
    });
  }

  async #run(namespace: string, context: AdmissionContext): Promise<void> {
    for (let round = this.#take(namespace); round.length > 0; round = this.#take(namespace)) {
      try {
        await this.#settle(namespace, round, context);
      } catch (error) {
        for (const { settle } of round) settle(error as Error);
      }
    }
    this.#waiting.delete(namespace);
  }

  #take(namespace: string): Waiter[] {
    const round = this.#waiting.get(namespace) ?? [];
    if (round.length > 0) this.#waiting.set(namespace, []);
    return round;
  }

  async #settle(namespace: string, round: readonly Waiter[], context: AdmissionContext): Promise<void> {
    let open = round;
    for (let attempt = 1; open.length > 0; attempt++) {
      const before = Array.from(context.lookup.all(resourcequotas, namespace), runningQuota);
      const { quotas, passed } = this.#charged(before, open, context.clock.now());
      const changed = quotas.filter((quota, i) => quota !== before[i]);
      open = passed;
      if (changed.length === 0 || await context.swap(resourcequotas, changed.map(stored))) break;
      if (attempt === attempts) throw conflict(resourcequotas, changed[0]!.quota.metadata.name ?? "");
      if (!changed.some((each) => hasNews(each, context))) await pause(context.clock, attempt * catchUp);
    }
    for (const { settle } of open) settle();
  }

  /** Refuses at once those for whom there is no room. */
  #charged(before: readonly RunningQuota[], open: readonly Waiter[], now: number) {
    let quotas = before;
    const passed = open.filter(({ request, evaluator, settle }) => {
      try {
        const after = charge(quotas, evaluator, request, now, this.#limited);
        if (!request.dryRun) quotas = after;
        return true;
      } catch (error) {
        settle(error instanceof QuotaRefusal ? refuse(request, error.message) : error as Error);
        return false;
      }
    });
    return { quotas, passed };
  }
}

function stored({ quota, used }: RunningQuota) {
  return { ...quota, status: { ...quota.status, used: formatAmounts(used) } };
}

/** Whether the quota is here in another version by now, so that another attempt can go better. */
function hasNews({ quota: { metadata } }: RunningQuota, { lookup }: AdmissionContext): boolean {
  const { namespace = "", name = "", resourceVersion } = metadata;
  return lookup.find(resourcequotas, namespace, name)?.metadata.resourceVersion !== resourceVersion;
}
