import { deepEqual } from "../../../api/meta/deep_equal.ts";
import type { Selector } from "../../../api/meta/label_selector.ts";
import { controllerOf } from "../../../api/meta/owner.ts";
import { keyOf, type KubeObject, type Resource } from "../../../api/resource.ts";
import { pods } from "../../../api/resources.ts";
import type { ReplicaSetStatus } from "../../../api/types/apps_v1.ts";
import type { Pod, PodTemplateSpec } from "../../../api/types/core_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { isNamespaceTerminating } from "../runner.ts";
import { claim } from "../shared/claim.ts";
import { watchDependents } from "../shared/controller_ref_events.ts";
import { Expectations } from "../shared/expectations.ts";
import { claimable, indexByController } from "../shared/indexes.ts";
import { OwnWrites } from "../shared/own_writes.ts";
import { createPod, deletePod } from "../shared/pod_control.ts";
import { inDeletionOrder } from "../shared/pod_deletion_order.ts";
import { isActive, isAvailable, untilAvailable } from "../shared/pod_state.ts";
import { slowStart } from "../shared/slow_start.ts";
import { untilNextAttempt } from "./refused_pods.ts";
import { type ReplicaFailure, replicaStatus } from "./replica_status.ts";

/** What a ReplicaSet and a ReplicationController have in common, and where they keep it. */
export interface ReplicaKind<T extends KubeObject> {
  readonly name: string;
  readonly resource: Resource<T>;
  spec(owner: T): {
    readonly replicas: number;
    readonly minReadySeconds: number;
    readonly selector: Selector;
    readonly template: PodTemplateSpec | undefined;
  };
  status(owner: T): ReplicaSetStatus | undefined;
  withStatus(owner: T, status: ReplicaSetStatus): T;
}

/** Pods created or deleted in one reconcile. */
const maxBurst = 500;

/** Keeps as many Pods of a template as its owner says. */
export function replicaController<T extends KubeObject>(context: ControllerContext, kind: ReplicaKind<T>): Controller {
  return new ReplicaController(context, kind);
}

class ReplicaController<T extends KubeObject> implements Controller {
  readonly name: string;
  readonly concurrency = 5;
  readonly #context: ControllerContext;
  readonly #kind: ReplicaKind<T>;
  readonly #expectations: Expectations;
  readonly #writes: OwnWrites;
  readonly #owners: Informer<T>;
  readonly #pods: Informer<Pod>;

  constructor(context: ControllerContext, kind: ReplicaKind<T>) {
    this.name = kind.name;
    this.#context = context;
    this.#kind = kind;
    this.#expectations = new Expectations(context.clock);
    this.#writes = new OwnWrites(context.clock);
    this.#owners = context.informers.informer(kind.resource);
    this.#pods = context.informers.informer(pods);
  }

  setup(enqueue: (key: string) => void): void {
    indexByController(this.#owners);
    indexByController(this.#pods);
    this.#owners.onChange(({ object }) => enqueue(keyOf(object)));
    watchDependents({
      owners: this.#owners,
      dependents: this.#pods,
      selectorOf: (owner) => this.#kind.spec(owner).selector,
      enqueue: (owner) => enqueue(keyOf(owner)),
      onAdded: (key) => this.#expectations.creationSeen(key),
      onLeaving: (key, pod) => this.#expectations.deletionSeen(key, pod.metadata.uid ?? ""),
    });
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const owner = this.#owners.get(key);
    if (owner === undefined) {
      this.#expectations.forget(key);
      this.#writes.forget(key);
      return DONE;
    }
    const milliseconds = this.#writes.untilSeen(key);
    if (milliseconds > 0) return { outcome: "retryAfter", milliseconds };
    // Asked before the view is read: what arrives in between is in the view, and its event enqueues the key again.
    const settled = this.#expectations.areMet(key);
    const { replicas, selector, minReadySeconds } = this.#kind.spec(owner);
    const claimed = await claim({
      client: this.#context.client,
      owner,
      ownerResource: this.#kind.resource,
      selector,
      resource: pods,
      candidates: claimable(this.#pods, owner),
      mayAdopt: isActive,
      signal,
    });
    const active = claimed.filter(isActive);
    const terminating = claimed.filter((pod) => pod.metadata.deletionTimestamp !== undefined);
    const wait = active.length < replicas ? untilNextAttempt(claimed, this.#context.clock.now()) : 0;
    const manage = settled && wait === 0 && owner.metadata.deletionTimestamp === undefined;
    const failed = manage ? await this.#manage(key, owner, active, replicas, signal) : undefined;
    await this.#writeStatus(owner, active, terminating, failed?.failure, signal);
    if (failed !== undefined) {
      return failed.hopeless ? DONE : { outcome: "retry", reason: failed.failure.message };
    }
    return this.#next(active, minReadySeconds, wait);
  }

  async #manage(
    key: string,
    owner: T,
    active: readonly Pod[],
    replicas: number,
    signal: AbortSignal,
  ): Promise<{ failure: ReplicaFailure; hopeless: boolean } | undefined> {
    const missing = replicas - active.length;
    const error = missing > 0
      ? await this.#create(key, owner, Math.min(missing, maxBurst), signal)
      : missing < 0
      ? await this.#delete(key, owner, active, Math.min(-missing, maxBurst), signal)
      : undefined;
    if (error === undefined) return undefined;
    signal.throwIfAborted();
    const failure = {
      reason: missing > 0 ? "FailedCreate" : "FailedDelete",
      message: (error as Error).message,
    } as const;
    return { failure, hopeless: isNamespaceTerminating(error) };
  }

  async #create(key: string, owner: T, count: number, signal: AbortSignal): Promise<unknown> {
    const { template } = this.#kind.spec(owner);
    if (template === undefined) return undefined;
    this.#expectations.expectCreations(key, count);
    const create = () => createPod(this.#context, owner, this.#kind.resource, template, signal);
    const { succeeded, error } = await slowStart(count, create);
    for (let i = succeeded; i < count; i++) this.#expectations.creationSeen(key);
    return error;
  }

  async #delete(key: string, owner: T, active: readonly Pod[], count: number, signal: AbortSignal): Promise<unknown> {
    const victims = inDeletionOrder(active, this.#related(owner), this.#context.clock.now()).slice(0, count);
    this.#expectations.expectDeletions(key, victims.map((pod) => pod.metadata.uid ?? ""));
    const results = await Promise.allSettled(victims.map(async (pod) => {
      const met = () => this.#expectations.deletionSeen(key, pod.metadata.uid ?? "");
      try {
        if (!await deletePod(this.#context, owner, pod, signal)) met();
      } catch (error) {
        met();
        throw error;
      }
    }));
    return results.find((result) => result.status === "rejected")?.reason;
  }

  /** The active Pods of all owners that have the same owner themselves: a rollout's old and new ones crowd the same nodes. */
  #related(owner: T): readonly Pod[] {
    const parent = controllerOf(owner)?.uid;
    const siblings = parent === undefined ? [owner] : this.#owners.byIndex("controller", parent);
    return siblings.flatMap((sibling) =>
      this.#pods.byIndex("controller", sibling.metadata.uid ?? "").filter((pod) => isActive(pod))
    );
  }

  async #writeStatus(
    owner: T,
    active: readonly Pod[],
    terminating: readonly Pod[],
    failure: ReplicaFailure | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { minReadySeconds, template } = this.#kind.spec(owner);
    const status = replicaStatus(this.#kind.status(owner), {
      generation: owner.metadata.generation ?? 0,
      minReadySeconds,
      template,
      pods: active,
      terminating,
      failure,
      now: this.#context.clock.now(),
    });
    const next = this.#kind.withStatus(owner, status);
    if (deepEqual(owner, next)) return;
    const written = await this.#context.client.update(this.#kind.resource, next, { subresource: "status", signal });
    this.#writes.note(keyOf(owner), this.#owners, written);
  }

  /** When the next Pod counts as available, or when others may be tried in place of refused ones (0: at once). */
  #next(active: readonly Pod[], minReadySeconds: number, wait: number): Result {
    const now = this.#context.clock.now();
    const waiting = active.filter((pod) => !isAvailable(pod, minReadySeconds, now))
      .map((pod) => untilAvailable(pod, minReadySeconds, now))
      .filter((milliseconds) => milliseconds !== undefined);
    if (wait > 0) waiting.push(wait);
    return waiting.length === 0 ? DONE : { outcome: "retryAfter", milliseconds: Math.min(...waiting) };
  }
}
