import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { compileLabelSelector } from "../../../api/meta/label_selector.ts";
import { keyOf } from "../../../api/resource.ts";
import { controllerrevisions, persistentvolumeclaims, pods, statefulsets } from "../../../api/resources.ts";
import { isAlreadyExists } from "../../../api/status.ts";
import type { ControllerRevision, StatefulSet } from "../../../api/types/apps_v1.ts";
import type { PersistentVolumeClaim, Pod } from "../../../api/types/core_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { type Revisions, syncRevisions, trimRevisions } from "../revisions/revisions.ts";
import { isNamespaceTerminating } from "../runner.ts";
import { claim, targetOf } from "../shared/claim.ts";
import { watchDependents } from "../shared/controller_ref_events.ts";
import { Expectations } from "../shared/expectations.ts";
import { Failures } from "../shared/failures.ts";
import { claimable, controlledBy, indexByController } from "../shared/indexes.ts";
import { createPod, deletePod } from "../shared/pod_control.ts";
import { isActive } from "../shared/pod_state.ts";
import { claimOwners, claimsFor, ordinalOf, podName, revisionOf, templateFor } from "./identity.ts";
import { arrange, ordinals, type Plan, planSet, revisionFor, type SetView, untilNextAvailable } from "./plan.ts";
import { statefulSetStatus } from "./status.ts";

const maxBurst = 100;
const defaultHistoryLimit = 10;

/** Keeps Pods that have a name, a place in an order and storage of their own. */
export function statefulSetController(context: ControllerContext): Controller {
  return new StatefulSetController(context);
}

class StatefulSetController implements Controller {
  readonly name = "statefulset";
  readonly concurrency = 5;
  readonly #context: ControllerContext;
  readonly #sets: Informer<StatefulSet>;
  readonly #pods: Informer<Pod>;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #revisions: Informer<ControllerRevision>;
  readonly #creations: Expectations;
  readonly #deletions: Expectations;
  readonly #failures = new Failures();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#sets = context.informers.informer(statefulsets);
    this.#pods = context.informers.informer(pods);
    this.#claims = context.informers.informer(persistentvolumeclaims);
    this.#revisions = context.informers.informer(controllerrevisions);
    this.#creations = new Expectations(context.clock);
    this.#deletions = new Expectations(context.clock);
  }

  setup(enqueue: (key: string) => void): void {
    indexByController(this.#pods);
    indexByController(this.#revisions);
    this.#sets.onChange(({ type, object }) => {
      if (type === "deleted") this.#failures.forget(`${object.metadata.uid} `);
      enqueue(keyOf(object));
    });
    watchDependents({
      owners: this.#sets,
      dependents: this.#pods,
      selectorOf: (set) => compileLabelSelector(set.spec.selector),
      enqueue: (set) => enqueue(keyOf(set)),
      onAdded: (key) => this.#creations.creationSeen(key),
      onLeaving: (key, pod) => this.#deletions.deletionSeen(key, pod.metadata.uid ?? ""),
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
      resource: statefulsets,
      template: set.spec.template,
      known: controlledBy(this.#revisions, set),
      collisionCount: set.status?.collisionCount ?? 0,
      signal,
    });
    const view = await this.#view(set, revisions, signal);
    await this.#writeStatus(view, revisions.collisionCount, signal);
    await this.#trim(view, revisions, signal);
    const { plan, wait } = settled ? this.#patiently(view, planSet(view)) : { plan: undefined, wait: undefined };
    const error = plan && await this.#carryOut(key, view, plan, signal);
    if (error !== undefined && !isNamespaceTerminating(error)) throw error;
    const milliseconds = Math.min(untilNextAvailable(view) ?? Infinity, wait ?? Infinity);
    return milliseconds === Infinity ? DONE : { outcome: "retryAfter", milliseconds };
  }

  /** The plan without Pods that failed and have to stay for a while, and the milliseconds until one of them may go. Another template may do better. */
  #patiently(view: SetView, plan: Plan): { plan: Plan; wait: number | undefined } {
    const { set, now } = view;
    const waits: number[] = [];
    const remove = plan.remove.filter((pod) => {
      const next = revisionFor(view, ordinalOf(set, pod) ?? 0);
      const failed = pod.status?.phase === "Failed" && revisionOf(pod) === next.metadata.name;
      const left = failed ? this.#failures.wait(`${set.metadata.uid} ${pod.metadata.name}`, now) : 0;
      if (left > 0) waits.push(left);
      return left === 0;
    });
    return { plan: { ...plan, remove }, wait: waits.length === 0 ? undefined : Math.min(...waits) };
  }

  async #view(set: StatefulSet, { current: update, old }: Revisions, signal: AbortSignal): Promise<SetView> {
    const claimed = await claim({
      client: this.#context.client,
      owner: set,
      ownerResource: statefulsets,
      selector: compileLabelSelector(set.spec.selector),
      resource: pods,
      candidates: claimable(this.#pods, set),
      mayAdopt: (pod) => isActive(pod) && ordinalOf(set, pod) !== undefined,
      signal,
    });
    const current = old.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
    return { set, pods: claimed, current, update, now: this.#context.clock.now() };
  }

  async #writeStatus(view: SetView, collisionCount: number, signal: AbortSignal): Promise<void> {
    const status = statefulSetStatus(view, collisionCount);
    if (deepEqual(view.set.status, status)) return;
    await this.#context.client.update(statefulsets, { ...view.set, status }, { subresource: "status", signal });
  }

  async #trim(view: SetView, { old }: Revisions, signal: AbortSignal): Promise<void> {
    const inUse = new Set([...view.pods.map(revisionOf), view.current.metadata.name, view.set.status?.currentRevision]);
    const limit = view.set.spec.revisionHistoryLimit ?? defaultHistoryLimit;
    await trimRevisions(this.#context.client, old, ({ metadata }) => inUse.has(metadata.name), limit, signal);
  }

  /** Answers the first error. */
  async #carryOut(key: string, view: SetView, plan: Plan, signal: AbortSignal): Promise<unknown> {
    const { set } = view;
    const create = plan.create.slice(0, maxBurst);
    const remove = plan.remove.slice(0, maxBurst);
    let error: unknown;
    const note = (failure: unknown) => void (error ??= failure);
    await this.#keepClaims(view, signal).catch(note);
    if (create.length > 0) this.#creations.expectCreations(key, create.length);
    for (const { ordinal, revision } of create) {
      try {
        await this.#makeClaims(set, ordinal, signal);
        const template = templateFor(set, ordinal, revision);
        await createPod(this.#context, set, statefulsets, template, signal, podName(set, ordinal));
      } catch (failure) {
        this.#creations.creationSeen(key);
        note(failure);
      }
    }
    if (remove.length > 0) this.#deletions.expectDeletions(key, remove.map(({ metadata }) => metadata.uid ?? ""));
    for (const pod of remove) {
      let isGone = true;
      try {
        isGone = !await deletePod(this.#context, set, pod, signal);
      } catch (failure) {
        note(failure);
      }
      if (isGone) this.#deletions.deletionSeen(key, pod.metadata.uid ?? "");
    }
    return error;
  }

  async #makeClaims(set: StatefulSet, ordinal: number, signal: AbortSignal): Promise<void> {
    for (const wanted of claimsFor(set, ordinal)) {
      const known = this.#claims.get(keyOf(wanted));
      if (known?.metadata.deletionTimestamp !== undefined) {
        throw new ClaimTerminating(`claim ${keyOf(known)} is being deleted; its Pod waits until it is gone`);
      }
      if (known !== undefined) continue;
      const ownerReferences = claimOwners(set, wanted, undefined, false);
      const metadata = { ...wanted.metadata, ...(ownerReferences === undefined ? {} : { ownerReferences }) };
      try {
        await this.#context.client.create(persistentvolumeclaims, { ...wanted, metadata }, { signal });
        const message = `Created claim: ${wanted.metadata.name}`;
        this.#context.events.event(set, "Normal", "SuccessfulCreate", message);
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
    }
  }

  /** Lets claims go with what they should go with. */
  async #keepClaims(view: SetView, signal: AbortSignal): Promise<void> {
    const { set } = view;
    if ((set.spec.volumeClaimTemplates ?? []).length === 0) return;
    const { first, end } = ordinals(set);
    const { replicas, condemned } = arrange(view);
    for (const pod of [...replicas.values(), ...condemned]) {
      const ordinal = ordinalOf(set, pod)!;
      for (const { metadata } of claimsFor(set, ordinal)) {
        const known = this.#claims.get(keyOf({ metadata }));
        const owners = known && claimOwners(set, known, pod, ordinal < first || ordinal >= end);
        if (known === undefined || owners === undefined) continue;
        const { uid, resourceVersion } = known.metadata;
        const patch = { metadata: { uid, resourceVersion, ownerReferences: owners.length > 0 ? owners : null } };
        const options = { signal };
        await this.#context.client.patch(persistentvolumeclaims, targetOf(known), { type: "merge", patch }, options);
      }
    }
  }
}

class ClaimTerminating extends Error {
  readonly reason = "ClaimTerminating";

  constructor(message: string) {
    super(message);
    this.name = "ClaimTerminating";
  }
}
