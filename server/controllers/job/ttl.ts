import { findCondition } from "../../../api/meta/conditions.ts";
import { parseTime } from "../../../api/meta/time.ts";
import { keyOf, splitKey } from "../../../api/resource.ts";
import { jobs } from "../../../api/resources.ts";
import { isNotFound } from "../../../api/status.ts";
import type { Job } from "../../../api/types/batch_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";

/** Deletes finished Jobs after their `ttlSecondsAfterFinished`. Keys are those of Jobs. */
export function ttlAfterFinished(context: ControllerContext): Controller {
  return new TtlAfterFinished(context);
}

class TtlAfterFinished implements Controller {
  readonly name = "ttl-after-finished";
  readonly concurrency = 2;
  readonly #context: ControllerContext;
  readonly #jobs: Informer<Job>;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#jobs = context.informers.informer(jobs);
  }

  setup(enqueue: (key: string) => void): void {
    this.#jobs.onChange(({ type, object }) => {
      if (type !== "deleted" && expiry(object) !== undefined) enqueue(keyOf(object));
    });
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const job = this.#jobs.get(key);
    const time = job && expiry(job);
    if (job === undefined || time === undefined) return DONE;
    const left = time - this.#context.clock.now();
    if (left > 0) return { outcome: "retryAfter", milliseconds: left };
    const { uid = "", resourceVersion = "" } = job.metadata;
    try {
      // With its version: the time may just have been extended.
      const preconditions = { uid, resourceVersion };
      const options = { propagationPolicy: "Foreground", preconditions, signal } as const;
      await this.#context.client.delete(jobs, splitKey(key), options);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return DONE;
  }
}

/** Milliseconds since the epoch; undefined for a Job that goes on, stays, or is being deleted. */
function expiry({ metadata, spec, status }: Job): number | undefined {
  if (metadata.deletionTimestamp !== undefined || spec.ttlSecondsAfterFinished === undefined) return undefined;
  const end = ["Complete", "Failed"].map((type) => findCondition(status?.conditions, type))
    .find((condition) => condition?.status === "True")?.lastTransitionTime;
  return end ? parseTime(end) + spec.ttlSecondsAfterFinished * 1000 : undefined;
}
