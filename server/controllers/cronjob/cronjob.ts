import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { controllerOf, controllerReference } from "../../../api/meta/owner.ts";
import { formatTime } from "../../../api/meta/time.ts";
import { keyOf, splitKey } from "../../../api/resource.ts";
import { cronjobs, jobs } from "../../../api/resources.ts";
import { isAlreadyExists, isNotFound } from "../../../api/status.ts";
import type { CronJob, CronJobStatus, Job } from "../../../api/types/batch_v1.ts";
import type { ObjectReference } from "../../../api/types/core_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { isNamespaceTerminating } from "../runner.ts";
import { targetOf } from "../shared/claim.ts";
import { controllerKey } from "../shared/controller_ref_events.ts";
import { controlledBy, indexByController } from "../shared/indexes.ts";
import { isFinished } from "../job/outcome.ts";
import { parseSchedule, type Schedule, ScheduleError } from "./schedule.ts";
import { cronStep, lastSuccess, newJob, surplusJobs } from "./step.ts";

/** Starts Jobs at the times of a schedule. Each CronJob has one timer, set to its next time. */
export function cronJobController(context: ControllerContext): Controller {
  return new CronJobController(context);
}

class CronJobController implements Controller {
  readonly name = "cronjob";
  readonly concurrency = 2;
  readonly #context: ControllerContext;
  readonly #cronJobs: Informer<CronJob>;
  readonly #jobs: Informer<Job>;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#cronJobs = context.informers.informer(cronjobs);
    this.#jobs = context.informers.informer(jobs);
  }

  setup(enqueue: (key: string) => void): void {
    indexByController(this.#jobs);
    this.#cronJobs.onChange(({ object }) => enqueue(keyOf(object)));
    this.#jobs.onChange(({ object }) => {
      const key = controllerKey(cronjobs, object);
      if (key !== undefined) enqueue(key);
    });
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const cronJob = await this.#read(key, signal);
    if (cronJob === undefined || cronJob.metadata.deletionTimestamp !== undefined) return DONE;
    const owned = await this.#owned(cronJob, signal);
    for (const job of surplusJobs(cronJob, owned)) await this.#delete(cronJob, job, signal);
    const running = owned.filter((job) => !isFinished(job) && job.metadata.deletionTimestamp === undefined);
    this.#tellOfFinished(cronJob, owned);
    const status = statusOf(cronJob, owned, running);
    const schedule = this.#schedule(cronJob);
    if (cronJob.spec.suspend || schedule === undefined) {
      await this.#write(cronJob, status, signal);
      return DONE;
    }
    const now = this.#context.clock.now();
    const step = cronStep({ ...cronJob, status }, schedule, running, now);
    for (const { type, reason, message } of step.events) this.#context.events.event(cronJob, type, reason, message);
    for (const job of step.replace) await this.#delete(cronJob, job, signal);
    const replaced = new Set(step.replace.map(({ metadata }) => metadata.uid));
    const active = (status.active ?? []).filter(({ uid }) => !replaced.has(uid));
    const started = step.start === undefined ? undefined : await this.#start(cronJob, step.start, signal);
    if (started !== undefined && active.every(({ uid }) => uid !== started.uid)) active.push(started);
    await this.#write(cronJob, withActive(status, active, step.start), signal);
    return step.next === undefined ? DONE : { outcome: "retryAfter", milliseconds: step.next - now };
  }

  /** From the API, not from the informer: whoever has an old `lastScheduleTime` starts a Job twice, or tries to. */
  async #read(key: string, signal: AbortSignal): Promise<CronJob | undefined> {
    if (this.#cronJobs.get(key) === undefined) return undefined;
    try {
      return await this.#context.client.get(cronjobs, splitKey(key), { signal });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** With those that were started a moment ago and are not in the informer yet. */
  async #owned(cronJob: CronJob, signal: AbortSignal): Promise<Job[]> {
    const owned = [...controlledBy(this.#jobs, cronJob)];
    const known = new Set(owned.map(({ metadata }) => metadata.uid));
    for (const { uid, namespace = "", name = "" } of cronJob.status?.active ?? []) {
      if (known.has(uid)) continue;
      try {
        const job = await this.#context.client.get(jobs, { namespace, name }, { signal });
        if (job.metadata.uid === uid) owned.push(job);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    return owned;
  }

  #schedule(cronJob: CronJob): Schedule | undefined {
    try {
      return parseSchedule(cronJob.spec.schedule, cronJob.spec.timeZone);
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error;
      this.#context.events.event(cronJob, "Warning", error.reason, error.message);
      return undefined;
    }
  }

  async #start(cronJob: CronJob, time: number, signal: AbortSignal): Promise<ObjectReference | undefined> {
    const { client, events } = this.#context;
    const wanted = newJob(cronJob, time);
    const ownerReferences = [controllerReference(cronJob, cronjobs)];
    try {
      const job = await client.create(jobs, { ...wanted, metadata: { ...wanted.metadata, ownerReferences } }, {
        signal,
      });
      events.event(cronJob, "Normal", "SuccessfulCreate", `Created job ${job.metadata.name}`);
      return referenceTo(job);
    } catch (error) {
      if (isNamespaceTerminating(error)) return undefined;
      if (!isAlreadyExists(error)) {
        if (!signal.aborted) {
          events.event(cronJob, "Warning", "FailedCreate", `Error creating job: ${(error as Error).message}`);
        }
        throw error;
      }
      // Ours of before a crash, or a namesake, which the next time will not have.
      const found = await client.get(jobs, targetOf(wanted), { signal });
      const isOurs = controllerOf(found)?.uid === cronJob.metadata.uid;
      return isOurs && !isFinished(found) ? referenceTo(found) : undefined;
    }
  }

  async #delete(cronJob: CronJob, job: Job, signal: AbortSignal): Promise<void> {
    const { uid = "", name } = job.metadata;
    const options = { propagationPolicy: "Background", preconditions: { uid }, signal } as const;
    try {
      await this.#context.client.delete(jobs, targetOf(job), options);
      this.#context.events.event(cronJob, "Normal", "SuccessfulDelete", `Deleted job ${name}`);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #tellOfFinished(cronJob: CronJob, owned: readonly Job[]): void {
    for (const { uid, name } of cronJob.status?.active ?? []) {
      const job = owned.find(({ metadata }) => metadata.uid === uid);
      if (job === undefined || !isFinished(job)) continue;
      const end = job.status?.conditions?.find(({ type, status }) =>
        status === "True" && (type === "Complete" || type === "Failed")
      );
      const message = `Saw completed job: ${name}, condition: ${end?.type}`;
      this.#context.events.event(cronJob, "Normal", "SawCompletedJob", message);
    }
  }

  async #write(cronJob: CronJob, status: CronJobStatus, signal: AbortSignal): Promise<void> {
    if (deepEqual(cronJob.status ?? {}, status)) return;
    await this.#context.client.update(cronjobs, { ...cronJob, status }, { subresource: "status", signal });
  }
}

function statusOf(cronJob: CronJob, owned: readonly Job[], running: readonly Job[]): CronJobStatus {
  const { lastScheduleTime, lastSuccessfulTime, active = [] } = cronJob.status ?? {};
  const uids = new Set(running.map(({ metadata }) => metadata.uid));
  const listed = new Set(active.map(({ uid }) => uid));
  const success = lastSuccess(owned, lastSuccessfulTime);
  const status = {
    ...(lastScheduleTime === undefined ? {} : { lastScheduleTime }),
    ...(success === undefined ? {} : { lastSuccessfulTime: success }),
  };
  const added = running.filter(({ metadata }) => !listed.has(metadata.uid)).map(referenceTo);
  return withActive(status, [...active.filter(({ uid }) => uids.has(uid)), ...added], undefined);
}

function withActive(status: CronJobStatus, active: ObjectReference[], scheduled: number | undefined): CronJobStatus {
  const { active: _, ...others } = status;
  return {
    ...others,
    ...(active.length > 0 ? { active } : {}),
    ...(scheduled === undefined ? {} : { lastScheduleTime: formatTime(scheduled) }),
  };
}

function referenceTo({ metadata }: Job): ObjectReference {
  const { namespace = "", name = "", uid = "", resourceVersion = "" } = metadata;
  return { apiVersion: "batch/v1", kind: "Job", namespace, name, uid, resourceVersion };
}
