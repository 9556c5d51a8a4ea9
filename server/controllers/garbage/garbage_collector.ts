import { getLogger } from "@logtape/logtape";
import type { KubeObject } from "../../../api/resource.ts";
import type { ResourceRow } from "../../../api/schema/contract.ts";
import { isNotFound } from "../../../api/status.ts";
import type { OwnerReference } from "../../../api/types/meta_v1.ts";
import { LruMap } from "../../../client/lru_map.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { collectable } from "../shared/all_resources.ts";
import { targetOf } from "../shared/claim.ts";
import { ObjectGraph } from "./object_graph.ts";
import {
  finalizerPatch,
  foregroundFinalizer,
  has,
  isDeleting,
  type Item,
  orphanFinalizer,
  ownersPatch,
  propagationOf,
  referencesOf,
  waitsForDependents,
} from "./owner_references.ts";

const logger = getLogger(["skiff", "controllers", "garbage-collector"]);

/** Owners known to be gone: a thousand Pods of one owner need not ask a thousand times. */
const maxAbsent = 500;

/** The owners of an object by what they mean for it. */
interface Owners {
  /** Reasons to live. */
  readonly solid: OwnerReference[];
  /** Gone. */
  readonly dangling: OwnerReference[];
  /** Being deleted, once this object is gone. */
  readonly waiting: OwnerReference[];
}

/**
 * Deletes what has lost all its owners, and carries out the two ways of deletion that the API leaves to a collector: in the foreground
 * (dependents before their owner) and with orphans (dependents stay). `rows` are the served resources.
 *
 * An owner counts as gone only when the API itself says so: a view may be behind, and a dependent that is deleted by mistake
 * is gone for good. A reference whose kind is not served, or that leads from a cluster-scoped object into a namespace, cannot be judged and
 * keeps its object alive.
 */
export function garbageCollector(context: ControllerContext, rows: () => readonly ResourceRow[]): Controller {
  return new GarbageCollector(context, rows);
}

class GarbageCollector implements Controller {
  readonly name = "garbage-collector";
  readonly concurrency = 10;
  readonly #context: ControllerContext;
  readonly #graph: ObjectGraph;
  /** By uid. */
  readonly #absent = new LruMap<string, true>(maxAbsent);
  #enqueue: (item: Item) => void = () => {};

  constructor(context: ControllerContext, rows: () => readonly ResourceRow[]) {
    this.#context = context;
    this.#graph = new ObjectGraph(context.informers, collectable(rows()));
  }

  setup(enqueue: (key: string) => void): void {
    this.#enqueue = (item) => enqueue(this.#graph.keyOf(item));
    this.#graph.watch(this.#enqueue);
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const item = this.#graph.get(key);
    if (item === undefined) return DONE;
    if (isDeleting(item.object)) {
      if (has(item.object, orphanFinalizer)) await this.#orphan(item, signal);
      else if (has(item.object, foregroundFinalizer)) await this.#deleteDependents(item, signal);
      return DONE;
    }
    await this.#judge(item, signal);
    return DONE;
  }

  /** Lets the dependents of an owner that is being deleted go on without it, then lets the owner go. */
  async #orphan(item: Item, signal: AbortSignal): Promise<void> {
    for (const dependent of this.#graph.dependentsOf(item.object)) {
      const left = referencesOf(dependent.object).filter(({ uid }) => uid !== item.object.metadata.uid);
      await this.#patch(dependent, ownersPatch(dependent.object, left), signal);
    }
    await this.#patch(item, finalizerPatch(item.object, orphanFinalizer), signal);
  }

  /** Lets an owner go when no dependent blocks it any more; until then it is the dependents' turn. */
  async #deleteDependents(item: Item, signal: AbortSignal): Promise<void> {
    const dependents = this.#graph.dependentsOf(item.object);
    const blocks = ({ uid, blockOwnerDeletion }: OwnerReference) =>
      blockOwnerDeletion && uid === item.object.metadata.uid;
    if (!dependents.some(({ object }) => referencesOf(object).some(blocks))) {
      await this.#patch(item, finalizerPatch(item.object, foregroundFinalizer), signal);
      return;
    }
    for (const dependent of dependents) if (!isDeleting(dependent.object)) this.#enqueue(dependent);
  }

  async #judge(item: Item, signal: AbortSignal): Promise<void> {
    // By what is in view first, so that the thousands of objects whose owners live cost nothing.
    const { dangling, waiting } = await this.#ownersOf(item, signal);
    if (dangling.length + waiting.length === 0) return;
    const live = await this.#read(item, signal);
    if (live === undefined || live.metadata.uid !== item.object.metadata.uid || isDeleting(live)) return;
    const current = { ...item, object: live };
    const owners = await this.#ownersOf(current, signal);
    if (owners.solid.length > 0) await this.#dropOwners(current, owners, signal);
    else if (owners.waiting.length > 0) await this.#deleteInForeground(current, owners, signal);
    else if (owners.dangling.length > 0) await this.#delete(current, propagationOf(live), signal);
  }

  async #ownersOf(item: Item, signal: AbortSignal): Promise<Owners> {
    const owners: Owners = { solid: [], dangling: [], waiting: [] };
    for (const reference of referencesOf(item.object)) {
      const lookup = this.#graph.lookUp(item.object, reference);
      if (lookup.found === "present") {
        (waitsForDependents(lookup.owner) ? owners.waiting : owners.solid).push(reference);
      } else if (lookup.found === "missing") {
        const owner = await this.#findOwner(reference, lookup, signal);
        if (owner === undefined) owners.dangling.push(reference);
        else (waitsForDependents(owner) ? owners.waiting : owners.solid).push(reference);
        if (owner === undefined) this.#warnOfForeignOwner(item, reference);
      } else {
        owners.solid.push(reference);
        this.#warnOfBadOwner(item, reference, lookup.found);
      }
    }
    return owners;
  }

  /** The owner by the word of the API; undefined when it is gone. */
  async #findOwner(
    { name, uid }: OwnerReference,
    { resource, namespace }: { readonly resource: Item["resource"]; readonly namespace: string },
    signal: AbortSignal,
  ): Promise<KubeObject | undefined> {
    if (this.#absent.get(uid)) return undefined;
    try {
      const found = await this.#context.client.get(resource, { namespace, name }, { signal });
      if (found.metadata.uid === uid) return found;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    this.#absent.set(uid, true);
    return undefined;
  }

  /** It has a reason to live: only the references that lead nowhere go. */
  async #dropOwners(item: Item, { dangling, waiting }: Owners, signal: AbortSignal): Promise<void> {
    const gone = new Set([...dangling, ...waiting].map(({ uid }) => uid));
    if (gone.size === 0) return;
    const left = referencesOf(item.object).filter(({ uid }) => !gone.has(uid));
    await this.#patch(item, ownersPatch(item.object, left), signal);
  }

  async #deleteInForeground(item: Item, { waiting }: Owners, signal: AbortSignal): Promise<void> {
    const dependents = this.#graph.dependentsOf(item.object);
    if (dependents.length === 0) return await this.#delete(item, propagationOf(item.object), signal);
    if (dependents.some(({ object }) => waitsForDependents(object))) {
      // A circle of owners that wait for one another would never end: this one blocks nobody any more.
      const ids = new Set(waiting.map(({ uid }) => uid));
      const unblocked = referencesOf(item.object).map((reference) =>
        ids.has(reference.uid) ? { ...reference, blockOwnerDeletion: false } : reference
      );
      const changed = await this.#patch(item, ownersPatch(item.object, unblocked), signal);
      if (changed === undefined) return;
      return await this.#delete({ ...item, object: changed }, "Foreground", signal);
    }
    await this.#delete(item, "Foreground", signal);
  }

  async #delete(
    { resource, object }: Item,
    propagationPolicy: "Orphan" | "Foreground" | "Background",
    signal: AbortSignal,
  ): Promise<void> {
    const { uid = "", resourceVersion = "" } = object.metadata;
    try {
      // As it was judged: one that got another owner at this moment stays.
      const preconditions = { uid, resourceVersion };
      await this.#context.client.delete(resource, targetOf(object), { signal, propagationPolicy, preconditions });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #read({ resource, object }: Item, signal: AbortSignal): Promise<KubeObject | undefined> {
    return await this.#context.client.get(resource, targetOf(object), { signal }).catch(unlessNotFound);
  }

  async #patch(
    { resource, object }: Item,
    patch: ReturnType<typeof ownersPatch> | ReturnType<typeof finalizerPatch>,
    signal: AbortSignal,
  ): Promise<KubeObject | undefined> {
    return await this.#context.client.patch(resource, targetOf(object), patch, { signal }).catch(unlessNotFound);
  }

  #warnOfForeignOwner({ resource, object }: Item, reference: OwnerReference): void {
    const { kind, name, uid } = reference;
    if (!resource.namespaced || !this.#graph.existsElsewhere(reference)) return;
    const message = `Owner ${kind} ${name} (uid ${uid}) is not in namespace ${object.metadata.namespace}`;
    this.#context.events.event({ kind: resource.kind, ...object }, "Warning", "OwnerRefInvalidNamespace", message);
  }

  #warnOfBadOwner({ resource, object }: Item, { apiVersion, kind, name }: OwnerReference, found: string): void {
    const facts = { kind: resource.kind, name: object.metadata.name, owner: `${apiVersion} ${kind} ${name}` };
    if (found === "unknown") {
      return logger.debug("{kind} {name} is owned by {owner}, of a kind that is not served", facts);
    }
    const message = `A cluster-scoped object cannot be owned by ${kind} ${name}, which is in a namespace`;
    this.#context.events.event({ kind: resource.kind, ...object }, "Warning", "OwnerRefInvalidNamespace", message);
  }
}

function unlessNotFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
  return undefined;
}
