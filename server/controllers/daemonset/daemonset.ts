import { compileLabelSelector } from "../../../api/meta/label_selector.ts";
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { keyOf } from "../../../api/resource.ts";
import { controllerrevisions, daemonsets, nodes, pods } from "../../../api/resources.ts";
import type { ControllerRevision, DaemonSet } from "../../../api/types/apps_v1.ts";
import type { Node, Pod } from "../../../api/types/core_v1.ts";
import type { Change, Informer } from "../../../client/informer_contract.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { revisionLabel, syncRevisions, trimRevisions } from "../revisions/revisions.ts";
import { isNamespaceTerminating } from "../runner.ts";
import { claim } from "../shared/claim.ts";
import { watchDependents } from "../shared/controller_ref_events.ts";
import { Expectations } from "../shared/expectations.ts";
import { Failures } from "../shared/failures.ts";
import { claimable, controlledBy, indexByController } from "../shared/indexes.ts";
import { createPod, deletePod } from "../shared/pod_control.ts";
import { isActive } from "../shared/pod_state.ts";
import { slowStart } from "../shared/slow_start.ts";
import { nodeOf, placementOn, templateFor } from "./placement.ts";
import { type ClusterView, type Plan, planPlacement, planUpdate, untilNextAvailable, viewCluster } from "./plan.ts";
import { daemonSetStatus } from "./status.ts";

/** Pods created or deleted in one reconcile. */
const maxBurst = 250;
const defaultHistoryLimit = 10;

/** Keeps a Pod on each node that a DaemonSet is for. */
export function daemonSetController(context: ControllerContext): Controller {
  return new DaemonSetController(context);
}

class DaemonSetController implements Controller {
  readonly name = "daemonset";
  readonly concurrency = 2;
  readonly #context: ControllerContext;
  readonly #sets: Informer<DaemonSet>;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #revisions: Informer<ControllerRevision>;
  readonly #creations: Expectations;
  readonly #deletions: Expectations;
  readonly #failures = new Failures();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#sets = context.informers.informer(daemonsets);
    this.#pods = context.informers.informer(pods);
    this.#nodes = context.informers.informer(nodes);
    this.#revisions = context.informers.informer(controllerrevisions);
    this.#creations = new Expectations(context.clock);
    this.#deletions = new Expectations(context.clock);
  }

  setup(enqueue: (key: string) => void): void {
    indexByController(this.#pods);
    indexByController(this.#revisions);
    this.#sets.onChange(({ type, object }) => {
      enqueue(keyOf(object));
      if (type === "deleted") this.#failures.forget(object.metadata.uid ?? "");
    });
    watchDependents({
      owners: this.#sets,
      dependents: this.#pods,
      selectorOf: (set) => compileLabelSelector(set.spec.selector),
      enqueue: (set) => enqueue(keyOf(set)),
      onAdded: (key) => this.#creations.creationSeen(key),
      onLeaving: (key, pod) => this.#deletions.deletionSeen(key, pod.metadata.uid ?? ""),
    });
    this.#nodes.onChange((change) => {
      for (const set of this.#sets.list()) if (concerns(change, set)) enqueue(keyOf(set));
    });
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const set = this.#sets.get(key);
    if (set === undefined) {
      this.#creations.forget(key);
      this.#deletions.forget(key);
      return DONE;
    }
    if (set.metadata.deletionTimestamp !== undefined) return DONE;
    const settled = this.#creations.areMet(key) && this.#deletions.areMet(key);
    const revisions = await syncRevisions({
      client: this.#context.client,
      owner: set,
      resource: daemonsets,
      template: set.spec.template,
      known: controlledBy(this.#revisions, set),
      collisionCount: set.status?.collisionCount ?? 0,
      signal,
    });
    const hash = revisions.current.metadata.labels?.[revisionLabel] ?? "";
    const world = await this.#view(set, hash, signal);
    const outcome = settled ? await this.#act(key, world, signal) : { wait: undefined, error: undefined };
    const inUse = new Set(world.nodes.flatMap((node) => node.pods).map((pod) => pod.metadata.labels?.[revisionLabel]));
    const isInUse = ({ metadata }: ControllerRevision) => inUse.has(metadata.labels?.[revisionLabel]);
    const limit = set.spec.revisionHistoryLimit ?? defaultHistoryLimit;
    await trimRevisions(this.#context.client, revisions.old, isInUse, limit, signal);
    await this.#writeStatus(set, world, revisions.collisionCount, signal);
    if (outcome.error !== undefined && !isNamespaceTerminating(outcome.error)) throw outcome.error;
    const waits = [outcome.wait, untilNextAvailable(world)].filter((wait) => wait !== undefined);
    return waits.length === 0 ? DONE : { outcome: "retryAfter", milliseconds: Math.min(...waits) };
  }

  async #view(set: DaemonSet, hash: string, signal: AbortSignal): Promise<ClusterView> {
    const claimed = await claim({
      client: this.#context.client,
      owner: set,
      ownerResource: daemonsets,
      selector: compileLabelSelector(set.spec.selector),
      resource: pods,
      candidates: claimable(this.#pods, set),
      mayAdopt: isActive,
      signal,
    });
    return viewCluster(set, this.#nodes.list(), claimed, hash, this.#context.clock.now());
  }

  /** Placement first; an update goes on only from where nothing is missing or too much. */
  async #act(
    key: string,
    world: ClusterView,
    signal: AbortSignal,
  ): Promise<{ wait: number | undefined; error: unknown }> {
    const placement = planPlacement(world);
    const { remove, wait } = this.#replaceEnded(world, placement.ended);
    const error = await this.#carryOut(key, world, { ...placement, remove: [...placement.remove, ...remove] }, signal);
    const isRolling = world.daemonSet.spec.updateStrategy?.type !== "OnDelete";
    if (error !== undefined || !isRolling || !this.#creations.areMet(key) || !this.#deletions.areMet(key)) {
      return { wait, error };
    }
    return { wait, error: await this.#carryOut(key, world, planUpdate(world), signal) };
  }

  #replaceEnded(world: ClusterView, ended: readonly Pod[]): { remove: Pod[]; wait: number | undefined } {
    const { daemonSet, now } = world;
    const remove: Pod[] = [];
    let wait: number | undefined;
    for (const pod of ended) {
      const failed = pod.status?.phase === "Failed";
      const left = failed ? this.#failures.wait(`${daemonSet.metadata.uid} ${nodeOf(pod)}`, now) : 0;
      if (left > 0) {
        wait = Math.min(wait ?? Infinity, left);
        continue;
      }
      remove.push(pod);
      const words = `daemon pod ${keyOf(pod)} on node ${nodeOf(pod)}, will try to kill it`;
      if (failed) this.#context.events.event(daemonSet, "Warning", "FailedDaemonPod", `Found failed ${words}`);
      else this.#context.events.event(daemonSet, "Normal", "SucceededDaemonPod", `Found succeeded ${words}`);
    }
    return { remove, wait };
  }

  /** Answers the first error. */
  async #carryOut(key: string, world: ClusterView, plan: Plan, signal: AbortSignal): Promise<unknown> {
    const { daemonSet, hash } = world;
    const create = plan.create.slice(0, maxBurst);
    const remove = plan.remove.slice(0, maxBurst);
    if (create.length > 0) this.#creations.expectCreations(key, create.length);
    if (remove.length > 0) this.#deletions.expectDeletions(key, remove.map(({ metadata }) => metadata.uid ?? ""));
    const labels = { [revisionLabel]: hash };
    const { succeeded, error } = await slowStart(create.length, (index) => {
      const template = templateFor(create[index]!, daemonSet.spec.template, labels);
      return createPod(this.#context, daemonSet, daemonsets, template, signal);
    });
    for (let i = succeeded; i < create.length; i++) this.#creations.creationSeen(key);
    const results = await Promise.allSettled(remove.map(async (pod) => {
      let isGone = true;
      try {
        isGone = !await deletePod(this.#context, daemonSet, pod, signal);
      } finally {
        if (isGone) this.#deletions.deletionSeen(key, pod.metadata.uid ?? "");
      }
    }));
    return error ?? results.find((result) => result.status === "rejected")?.reason;
  }

  async #writeStatus(set: DaemonSet, world: ClusterView, collisionCount: number, signal: AbortSignal): Promise<void> {
    const status = daemonSetStatus(world, collisionCount);
    if (deepEqual(set.status, status)) return;
    await this.#context.client.update(daemonsets, { ...set, status }, { subresource: "status", signal });
  }
}

function concerns(change: Change<Node>, { spec: { template } }: DaemonSet): boolean {
  const now = placementOn(change.object, template);
  if (change.type !== "updated") return now.shouldRun;
  return !deepEqual(placementOn(change.previous, template), now);
}
