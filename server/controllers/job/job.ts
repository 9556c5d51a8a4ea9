import { randomSuffix } from "../../../api/meta/generate_name.ts";
import { withoutFinalizer } from "../../../api/meta/finalizers.ts";
import { compileLabelSelector } from "../../../api/meta/label_selector.ts";
import { controllerOf } from "../../../api/meta/owner.ts";
import { keyOf, splitKey } from "../../../api/resource.ts";
import { jobs, pods } from "../../../api/resources.ts";
import { isNotFound } from "../../../api/status.ts";
import type { Job } from "../../../api/types/batch_v1.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { isNamespaceTerminating } from "../runner.ts";
import { claim, targetOf } from "../shared/claim.ts";
import { controllerKey, watchDependents } from "../shared/controller_ref_events.ts";
import { Expectations } from "../shared/expectations.ts";
import { claimable, controlledBy, indexByController } from "../shared/indexes.ts";
import { createPod, deletePod } from "../shared/pod_control.ts";
import { slowStart } from "../shared/slow_start.ts";
import { isTracked, templateFor, trackingFinalizer } from "./pods.ts";
import { jobStep, type Step } from "./step.ts";
import type { PodPlan } from "./wanted_pods.ts";

const orphanPrefix = "orphan ";
/** Generated names leave room for index and suffix in a name of 63 characters. */
const maxPrefixLength = 50;
/** Jobs that say so are somebody else's. */
const ownManager = "kubernetes.io/job-controller";

/** Runs Pods to completion. Keys are those of Jobs, and `orphan KEY` for a Pod whose Job is gone. */
export function jobController(context: ControllerContext): Controller {
  return new JobController(context);
}

class JobController implements Controller {
  readonly name = "job";
  readonly concurrency = 5;
  readonly #context: ControllerContext;
  readonly #jobs: Informer<Job>;
  readonly #pods: Informer<Pod>;
  readonly #creations: Expectations;
  readonly #deletions: Expectations;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#jobs = context.informers.informer(jobs);
    this.#pods = context.informers.informer(pods);
    this.#creations = new Expectations(context.clock);
    this.#deletions = new Expectations(context.clock);
  }

  setup(enqueue: (key: string) => void): void {
    indexByController(this.#pods);
    this.#jobs.onChange(({ type, object }) => {
      enqueue(keyOf(object));
      if (type !== "deleted") return;
      for (const pod of controlledBy(this.#pods, object)) if (isTracked(pod)) enqueue(orphanPrefix + keyOf(pod));
    });
    watchDependents({
      owners: this.#jobs,
      dependents: this.#pods,
      selectorOf: ({ spec }) => compileLabelSelector(spec.selector),
      enqueue: (job) => enqueue(keyOf(job)),
      onAdded: (key) => this.#creations.creationSeen(key),
      onLeaving: (key, pod) => this.#deletions.deletionSeen(key, pod.metadata.uid ?? ""),
    });
    this.#pods.onChange(({ type, object }) => {
      if (type !== "deleted" && this.#isOrphan(object)) enqueue(orphanPrefix + keyOf(object));
    });
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    if (key.startsWith(orphanPrefix)) return await this.#releaseOrphan(key.slice(orphanPrefix.length), signal);
    const known = this.#jobs.get(key);
    if (known === undefined) {
      this.#creations.forget(key);
      this.#deletions.forget(key);
      return DONE;
    }
    if ((known.spec.managedBy ?? ownManager) !== ownManager) return DONE;
    const settled = this.#creations.areMet(key) && this.#deletions.areMet(key);
    // The status holds what was counted: counting on from one that is out of date would start Pods too many.
    const job = await this.#read(key, signal);
    if (job === undefined || job.metadata.uid !== known.metadata.uid) return DONE;
    const owned = await this.#claim(job, signal);
    const step = jobStep(job, owned, this.#context.clock.now());
    return await this.#carryOut(key, job, step, settled, signal);
  }

  async #carryOut(key: string, job: Job, step: Step, settled: boolean, signal: AbortSignal): Promise<Result> {
    const { client, events } = this.#context;
    if (step.status !== undefined) {
      await client.update(jobs, { ...job, status: step.status }, { subresource: "status", signal });
    }
    for (const { type, reason, message } of step.events) events.event(job, type, reason, message);
    for (const pod of step.release) await this.#release(pod, signal);
    const error = settled ? await this.#changePods(key, job, step.pods, signal) : undefined;
    if (error !== undefined && !isNamespaceTerminating(error)) throw error;
    return step.wait === undefined ? DONE : { outcome: "retryAfter", milliseconds: step.wait };
  }

  /** Answers the first error. */
  async #changePods(key: string, job: Job, { create, remove }: PodPlan, signal: AbortSignal): Promise<unknown> {
    if (create.length > 0) this.#creations.expectCreations(key, create.length);
    if (remove.length > 0) this.#deletions.expectDeletions(key, remove.map(({ metadata }) => metadata.uid ?? ""));
    const results = await Promise.allSettled(remove.map(async (pod) => {
      let isGone = true;
      try {
        // What we stop ourselves is no failure, so it goes without being counted.
        if (isTracked(pod)) await this.#release(pod, signal);
        isGone = !await deletePod(this.#context, job, pod, signal);
      } finally {
        if (isGone) this.#deletions.deletionSeen(key, pod.metadata.uid ?? "");
      }
    }));
    const { succeeded, error } = await slowStart(create.length, (nth) => {
      const { index, failures } = create[nth]!;
      const name = index === undefined
        ? undefined
        : `${job.metadata.name?.slice(0, maxPrefixLength)}-${index}-${randomSuffix(5)}`;
      return createPod(this.#context, job, jobs, templateFor(job, index, failures), signal, name);
    });
    for (let i = succeeded; i < create.length; i++) this.#creations.creationSeen(key);
    return error ?? results.find((result) => result.status === "rejected")?.reason;
  }

  async #claim(job: Job, signal: AbortSignal): Promise<Pod[]> {
    return await claim({
      client: this.#context.client,
      owner: job,
      ownerResource: jobs,
      selector: compileLabelSelector(job.spec.selector),
      resource: pods,
      candidates: claimable(this.#pods, job),
      mayAdopt: () => true,
      // A Pod without it could go uncounted.
      finalizers: [trackingFinalizer],
      signal,
    });
  }

  async #read(key: string, signal: AbortSignal): Promise<Job | undefined> {
    try {
      return await this.#context.client.get(jobs, splitKey(key), { signal });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  #isOrphan(pod: Pod): boolean {
    const key = controllerKey(jobs, pod);
    return key !== undefined && isTracked(pod) && this.#jobs.get(key)?.metadata.uid !== controllerOf(pod)?.uid;
  }

  async #releaseOrphan(key: string, signal: AbortSignal): Promise<Result> {
    const pod = this.#pods.get(key);
    if (pod === undefined || !this.#isOrphan(pod)) return DONE;
    const job = await this.#read(controllerKey(jobs, pod)!, signal);
    if (job?.metadata.uid !== controllerOf(pod)?.uid) await this.#release(pod, signal);
    return DONE;
  }

  async #release(pod: Pod, signal: AbortSignal): Promise<void> {
    const { finalizers = [] } = withoutFinalizer(pod, trackingFinalizer).metadata;
    const { uid, resourceVersion } = pod.metadata;
    const metadata = { uid, resourceVersion, finalizers: finalizers.length > 0 ? finalizers : null };
    try {
      await this.#context.client.patch(pods, targetOf(pod), { type: "merge", patch: { metadata } }, { signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
