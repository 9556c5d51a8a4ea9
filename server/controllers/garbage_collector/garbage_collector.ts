import { getLogger } from "@logtape/logtape";
import { apiVersionOf, type KubeObject, type Resource } from "../../../api/resource.ts";
import { schema } from "../../../api/schema/schema.ts";
import { isNotFound } from "../../../api/status.ts";
import type { ObjectMeta, OwnerReference } from "../../../api/types/meta_v1.ts";
import { LruMap } from "../../../client/lru_map.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { decideFate, type Fate, type OwnerState } from "./decide.ts";
import { type GraphNode, OwnerGraph } from "./graph.ts";
import { Kinds } from "./kinds.ts";
import { Monitor } from "./monitor.ts";
import { deletesDependents, foregroundFinalizer, orphanFinalizer, orphansDependents } from "./propagation.ts";

const maxAbsentOwners = 500;
const releaseBatch = 32;
const logger = getLogger(["skiff", "controllers", "garbage-collector"]);

/**
 * Deletes what has lost all its owners, and carries out foreground deletion and orphaning. Keys are uids. Nothing is deleted on the word of
 * the graph alone: the object and each of its owners are read from the API before.
 */
export function garbageCollector(context: ControllerContext): Controller {
  return new GarbageCollector(context);
}

class GarbageCollector implements Controller {
  readonly name = "garbage-collector";
  readonly concurrency = 4;
  readonly #context: ControllerContext;
  readonly #kinds = new Kinds(schema.resources());
  readonly #graph: OwnerGraph;
  /** Owners that were looked up and are not there: uids never come back. */
  readonly #absent = new LruMap<string, true>(maxAbsentOwners);
  #enqueue: (uid: string) => void = () => {};
  #isComplete = false;

  constructor(context: ControllerContext) {
    this.#context = context;
    const find = (apiVersion: string, kind: string) => this.#kinds.find(apiVersion, kind);
    this.#graph = new OwnerGraph(find, (uid) => this.#isComplete && this.#enqueue(uid));
  }

  setup(enqueue: (key: string) => void): void {
    this.#enqueue = enqueue;
    const { client, clock, signal } = this.#context;
    const monitors = this.#kinds.all.map((resource) => new Monitor(client, clock, resource, this.#graph));
    for (const monitor of monitors) void monitor.run(signal);
    // Until every kind is listed, an object may have dependents that nobody has seen.
    void Promise.all(monitors.map(({ listed }) => listed)).then(() => {
      this.#isComplete = true;
      for (const { uid } of this.#graph.suspects()) enqueue(uid);
    });
  }

  async reconcile(uid: string, signal: AbortSignal): Promise<Result> {
    for (const node of [...this.#graph.nodes(uid)]) await this.#look(node, signal);
    return DONE;
  }

  async #look(node: GraphNode, signal: AbortSignal): Promise<void> {
    if (node.beingDeleted && !node.deletesDependents && !node.orphansDependents) return;
    const live = await this.#read(node.resource, node, signal);
    if (live === undefined || live.uid !== node.uid) return this.#graph.remove(node);
    if (node.virtual) return this.#graph.observe(node.resource, live);
    if (orphansDependents(live)) await this.#orphan(node, live, signal);
    else if (deletesDependents(live)) await this.#finishForeground(node, live, signal);
    else if (live.deletionTimestamp === undefined) await this.#judge(node, live, signal);
  }

  async #judge(node: GraphNode, live: ObjectMeta, signal: AbortSignal): Promise<void> {
    const states: OwnerState[] = [];
    for (const reference of live.ownerReferences ?? []) states.push(await this.#stateOf(node, reference, signal));
    await this.#carryOut(decideFate(live, states, node.dependents), node, live, signal);
  }

  async #carryOut(fate: Fate, node: GraphNode, live: ObjectMeta, signal: AbortSignal): Promise<void> {
    if (fate.action === "keep") return;
    if (fate.action === "disown") return await this.#patch(node, live, { ownerReferences: fate.left }, signal);
    if (fate.unblock) {
      const ownerReferences = (live.ownerReferences ?? []).map((one) => ({ ...one, blockOwnerDeletion: false }));
      // Its new version wakes the owners, and brings this object back here if it is still to go.
      await this.#patch(node, live, { ownerReferences }, signal);
    }
    const { uid, resourceVersion } = live;
    const preconditions = { uid: node.uid, ...(fate.unblock || !resourceVersion ? {} : { resourceVersion }) };
    logger.debug("deleting {resource} {namespace}/{name} ({uid}), whose owners are gone", {
      resource: node.resource.resource,
      namespace: node.namespace,
      name: node.name,
      uid,
    });
    const options = { preconditions, propagationPolicy: fate.policy, signal };
    await unlessGone(this.#context.client.delete(node.resource, node, options));
  }

  async #stateOf(node: GraphNode, reference: OwnerReference, signal: AbortSignal): Promise<OwnerState> {
    const { apiVersion, kind, name, uid } = reference;
    const resource = this.#kinds.find(apiVersion, kind);
    if (resource === undefined) return "unresolvable";
    if (resource.namespaced && node.namespace === "") {
      this.#warn(
        node,
        `ownerRef to ${kind} ${name} (${uid}): a cluster-wide object cannot have an owner in a namespace`,
      );
      return "unresolvable";
    }
    const namespace = resource.namespaced ? node.namespace : "";
    const identity = `${uid} ${resource.group}/${resource.resource} ${namespace}/${name}`;
    if (this.#absent.get(identity)) return "absent";
    const owner = await this.#read(resource, { namespace, name }, signal);
    if (owner !== undefined && owner.uid === uid) return deletesDependents(owner) ? "waiting" : "solid";
    this.#absent.set(identity, true);
    const elsewhere = this.#graph.nodes(uid).find((other) => !other.virtual && other.namespace !== namespace);
    if (elsewhere !== undefined) {
      const message = `ownerRef to ${kind} ${name} (${uid}): the owner is not in namespace ${
        JSON.stringify(namespace)
      }`;
      this.#warn(node, message);
    }
    return "absent";
  }

  async #finishForeground(node: GraphNode, live: ObjectMeta, signal: AbortSignal): Promise<void> {
    const blocking = [...node.dependents].filter((dependent) =>
      dependent.owners.some((owner) => owner.node === node && owner.blocks)
    );
    if (blocking.length === 0) return await this.#removeFinalizer(node, live, foregroundFinalizer, signal);
    for (const dependent of blocking) if (!dependent.deletesDependents) this.#enqueue(dependent.uid);
  }

  async #orphan(node: GraphNode, live: ObjectMeta, signal: AbortSignal): Promise<void> {
    const dependents = [...node.dependents];
    while (dependents.length > 0) {
      const batch = dependents.splice(0, releaseBatch);
      const results = await Promise.allSettled(batch.map((dependent) => this.#release(dependent, node.uid, signal)));
      const failed = results.find((result) => result.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    }
    await this.#removeFinalizer(node, live, orphanFinalizer, signal);
  }

  async #release(dependent: GraphNode, owner: string, signal: AbortSignal): Promise<void> {
    const live = await this.#read(dependent.resource, dependent, signal);
    if (live === undefined || live.uid !== dependent.uid) return;
    const ownerReferences = (live.ownerReferences ?? []).filter(({ uid }) => uid !== owner);
    if (ownerReferences.length === live.ownerReferences?.length) return;
    await this.#patch(dependent, live, { ownerReferences }, signal);
  }

  async #removeFinalizer(node: GraphNode, live: ObjectMeta, finalizer: string, signal: AbortSignal): Promise<void> {
    const finalizers = (live.finalizers ?? []).filter((other) => other !== finalizer);
    await this.#patch(node, live, { finalizers }, signal);
  }

  /** A stale version is refused and thrown as the conflict it is: the runner tries again. */
  async #patch(
    node: GraphNode,
    live: ObjectMeta,
    change: { readonly [list in "ownerReferences" | "finalizers"]?: readonly unknown[] },
    signal: AbortSignal,
  ): Promise<void> {
    // A merge patch takes an empty list as it is, and null as the wish to have none.
    const lists = Object.fromEntries(
      Object.entries(change).map(([field, list]) => [field, list.length > 0 ? list : null]),
    );
    const patch = { metadata: { uid: node.uid, resourceVersion: live.resourceVersion, ...lists } };
    await unlessGone(this.#context.client.patch(node.resource, node, { type: "merge", patch }, { signal }));
  }

  async #read(
    resource: Resource,
    target: { readonly namespace: string; readonly name: string },
    signal: AbortSignal,
  ): Promise<ObjectMeta | undefined> {
    const { namespace, name } = target;
    return (await unlessGone(this.#context.client.get<KubeObject>(resource, { namespace, name }, { signal })))
      ?.metadata;
  }

  #warn({ resource, namespace, name, uid }: GraphNode, message: string): void {
    const about = { apiVersion: apiVersionOf(resource), kind: resource.kind, namespace, name, uid };
    this.#context.events.event(about, "Warning", "OwnerRefInvalidNamespace", message);
  }
}

async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    // Not for a resource that is not served, which also answers 404 but says nothing of the object.
    if (isNotFound(error) && error.status.details?.name) return undefined;
    throw error;
  }
}
