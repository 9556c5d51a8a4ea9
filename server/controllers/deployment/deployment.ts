import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { compileLabelSelector } from "../../../api/meta/label_selector.ts";
import { isControlledBy } from "../../../api/meta/owner.ts";
import { keyOf } from "../../../api/resource.ts";
import { deployments, pods, replicasets } from "../../../api/resources.ts";
import { isAlreadyExists, isNotFound } from "../../../api/status.ts";
import type { Deployment, ReplicaSet } from "../../../api/types/apps_v1.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { isNamespaceTerminating } from "../runner.ts";
import { claim, targetOf } from "../shared/claim.ts";
import { controllerKey, watchDependents } from "../shared/controller_ref_events.ts";
import { claimable, controlledBy, indexByController } from "../shared/indexes.ts";
import { OwnWrites } from "../shared/own_writes.ts";
import { condition, reasons, withCondition } from "./conditions.ts";
import { deadlineSeconds } from "./progress.ts";
import { hasTemplateOf, isRolling, revisionAnnotation } from "./replica_set_facts.ts";
import { describeScaling, type Plan, step } from "./step.ts";

/** Rolls Deployments out: `step` decides, this does. */
export function deploymentController(context: ControllerContext): Controller {
  return new DeploymentController(context);
}

class DeploymentController implements Controller {
  readonly name = "deployment";
  readonly concurrency = 5;
  readonly #context: ControllerContext;
  readonly #deployments: Informer<Deployment>;
  readonly #replicaSets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;
  readonly #writes: OwnWrites;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#deployments = context.informers.informer(deployments);
    this.#replicaSets = context.informers.informer(replicasets);
    this.#pods = context.informers.informer(pods);
    this.#writes = new OwnWrites(context.clock);
  }

  setup(enqueue: (key: string) => void): void {
    indexByController(this.#replicaSets);
    indexByController(this.#pods);
    this.#deployments.onChange(({ object }) => enqueue(keyOf(object)));
    watchDependents({
      owners: this.#deployments,
      dependents: this.#replicaSets,
      selectorOf: ({ spec }) => compileLabelSelector(spec.selector),
      enqueue: (deployment) => enqueue(keyOf(deployment)),
    });
    // Only a Deployment that recreates waits for Pods to go.
    this.#pods.onChange(({ type, object }) => {
      if (type !== "deleted") return;
      const replicaSet = this.#replicaSets.get(controllerKey(replicasets, object) ?? "");
      const deployment = replicaSet && this.#deployments.get(controllerKey(deployments, replicaSet) ?? "");
      if (deployment !== undefined && !isRolling(deployment)) enqueue(keyOf(deployment));
    });
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const deployment = this.#deployments.get(key);
    if (deployment === undefined) {
      this.#writes.forget(key);
      return DONE;
    }
    const milliseconds = this.#writes.untilSeen(key);
    if (milliseconds > 0) return { outcome: "retryAfter", milliseconds };
    const selector = compileLabelSelector(deployment.spec.selector);
    if (selector.isEmpty()) {
      const message = "This deployment is selecting all pods. A non-empty selector is required.";
      this.#context.events.event(deployment, "Warning", "SelectingAll", message);
      return { outcome: "terminal", reason: message };
    }
    const replicaSets = await claim({
      client: this.#context.client,
      owner: deployment,
      ownerResource: deployments,
      selector,
      resource: replicasets,
      candidates: claimable(this.#replicaSets, deployment),
      mayAdopt: () => true,
      signal,
    });
    const plan = step({
      deployment,
      replicaSets,
      pods: isRolling(deployment) ? [] : replicaSets.flatMap((replicaSet) => controlledBy(this.#pods, replicaSet)),
      now: this.#context.clock.now(),
    });
    return await this.#carryOut(deployment, plan, signal);
  }

  async #carryOut(deployment: Deployment, plan: Plan, signal: AbortSignal): Promise<Result> {
    if (plan.create !== undefined) {
      const result = await this.#create(deployment, plan.create, plan, signal);
      if (result !== undefined) return result;
    }
    for (const { old, next } of plan.updates) {
      const updated = await this.#context.client.update(replicasets, next, { signal });
      this.#writes.note(keyOf(deployment), this.#replicaSets, updated);
      this.#tellScaling(deployment, old, next);
    }
    for (const replicaSet of plan.deletes) await this.#delete(replicaSet, signal);
    await this.#writeStatus(await this.#annotate(deployment, plan.revision, signal), plan.status, signal);
    return plan.checkAfter === undefined ? DONE : { outcome: "retryAfter", milliseconds: plan.checkAfter };
  }

  /** Undefined when the ReplicaSet is there. */
  async #create(
    deployment: Deployment,
    replicaSet: ReplicaSet,
    plan: Plan,
    signal: AbortSignal,
  ): Promise<Result | undefined> {
    const { client } = this.#context;
    try {
      const created = await client.create(replicasets, replicaSet, { signal });
      this.#writes.note(keyOf(deployment), this.#replicaSets, created);
      this.#tellScaling(deployment, undefined, replicaSet);
      return undefined;
    } catch (error) {
      if (isNamespaceTerminating(error)) return DONE;
      if (isAlreadyExists(error)) return await this.#resolveCollision(deployment, replicaSet, signal);
      if (!signal.aborted) await this.#writeFailure(deployment, replicaSet, plan, error as Error, signal);
      throw error;
    }
  }

  /** The name is taken: by our own that the informer has not shown yet, or by another template with the same hash. */
  async #resolveCollision(
    deployment: Deployment,
    replicaSet: ReplicaSet,
    signal: AbortSignal,
  ): Promise<Result | undefined> {
    const taken = await this.#context.client.get(replicasets, targetOf(replicaSet), { signal }).catch(
      (error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      },
    );
    if (taken === undefined) return { outcome: "retry", reason: `${replicaSet.metadata.name} came and went` };
    if (isControlledBy(taken, deployment) && hasTemplateOf(taken, deployment)) return undefined;
    const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
    await this.#writeStatus(deployment, { ...deployment.status, collisionCount }, signal);
    return { outcome: "retry", reason: `the hash of ${replicaSet.metadata.name} is taken` };
  }

  async #writeFailure(
    deployment: Deployment,
    replicaSet: ReplicaSet,
    plan: Plan,
    error: Error,
    signal: AbortSignal,
  ): Promise<void> {
    const message = `Failed to create new replica set "${replicaSet.metadata.name}": ${error.message}`;
    this.#context.events.event(deployment, "Warning", reasons.createFailed, message);
    if (deadlineSeconds(deployment) === undefined) return;
    const failed = condition("Progressing", "False", reasons.createFailed, error.message, this.#context.clock.now());
    const conditions = withCondition(deployment.status?.conditions ?? [], failed);
    await this.#writeStatus(deployment, { ...plan.status, conditions }, signal);
  }

  #tellScaling(deployment: Deployment, old: ReplicaSet | undefined, next: ReplicaSet): void {
    const scaled = describeScaling(old, next);
    if (scaled !== undefined) this.#context.events.event(deployment, "Normal", "ScalingReplicaSet", scaled);
  }

  async #delete(replicaSet: ReplicaSet, signal: AbortSignal): Promise<void> {
    const { uid = "", resourceVersion = "" } = replicaSet.metadata;
    try {
      // As it was seen: one that somebody scales up at this moment stays.
      await this.#context.client.delete(replicasets, targetOf(replicaSet), {
        signal,
        propagationPolicy: "Background",
        preconditions: { uid, resourceVersion },
      });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #annotate(deployment: Deployment, revision: string | undefined, signal: AbortSignal): Promise<Deployment> {
    if (revision === undefined || deployment.metadata.annotations?.[revisionAnnotation] === revision) return deployment;
    const patch = { metadata: { uid: deployment.metadata.uid, annotations: { [revisionAnnotation]: revision } } };
    const annotated = await this.#context.client.patch(deployments, targetOf(deployment), { type: "merge", patch }, {
      // Through the status: an annotation that comes otherwise is a change to be seen.
      subresource: "status",
      signal,
    });
    this.#writes.note(keyOf(deployment), this.#deployments, annotated);
    // The status that follows is that of the spec which was looked at, not of one that somebody wrote since.
    return { ...annotated, spec: deployment.spec };
  }

  async #writeStatus(deployment: Deployment, status: Deployment["status"], signal: AbortSignal): Promise<void> {
    if (status === undefined || deepEqual(deployment.status ?? {}, status)) return;
    const next = { ...deployment, status };
    const written = await this.#context.client.update(deployments, next, { subresource: "status", signal });
    this.#writes.note(keyOf(deployment), this.#deployments, written);
  }
}
