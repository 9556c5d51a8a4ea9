import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { keyOf, type KubeObject, type Resource } from "../../../api/resource.ts";
import type { OwnerReference } from "../../../api/types/meta_v1.ts";
import type { Change, Informer, InformerFactory } from "../../../client/informer_contract.ts";
import { isDeleting, type Item, kindKey, kindKeyOf, referencesOf, waitsForDependents } from "./owner_references.ts";

const byOwner = "owner";

function ownerUids(object: KubeObject): readonly string[] {
  const references = object.metadata.ownerReferences;
  return references === undefined ? [] : references.map(({ uid }) => uid);
}

/** Where an owner reference leads. */
export type Lookup =
  | { readonly found: "present"; readonly owner: KubeObject }
  /** Not in view; only the API knows whether it is really gone. */
  | { readonly found: "missing"; readonly resource: Resource<KubeObject>; readonly namespace: string }
  /** A cluster-scoped object cannot be owned by something in a namespace. */
  | { readonly found: "invalid" }
  /** The API serves no such kind (any more). */
  | { readonly found: "unknown" };

/**
 * Who owns whom, among all objects of all kinds: the informers' views with one index each. Nothing is kept besides.
 */
export class ObjectGraph {
  readonly #informers = new Map<string, Informer<KubeObject>>();
  readonly #byKind = new Map<string, Informer<KubeObject>>();

  constructor(factory: InformerFactory, resources: readonly Resource<KubeObject>[]) {
    for (const resource of resources) {
      const informer = factory.informer(resource);
      informer.addIndex(byOwner, ownerUids);
      this.#informers.set(idOf(resource), informer);
      this.#byKind.set(kindKeyOf(resource), informer);
    }
  }

  /** Calls `enqueue` with each object whose fate a change may decide. */
  watch(enqueue: (item: Item) => void): void {
    for (const informer of this.#informers.values()) {
      informer.onChange((change) => this.#changed(informer.resource, change, enqueue));
    }
  }

  keyOf({ resource, object }: Item): string {
    return `${idOf(resource)} ${keyOf(object)}`;
  }

  get(key: string): Item | undefined {
    const space = key.indexOf(" ");
    const informer = this.#informers.get(key.slice(0, space));
    const object = informer?.get(key.slice(space + 1));
    return informer === undefined || object === undefined ? undefined : { resource: informer.resource, object };
  }

  dependentsOf(owner: KubeObject): Item[] {
    const { uid = "", namespace } = owner.metadata;
    const items: Item[] = [];
    for (const informer of this.#informers.values()) {
      for (const object of informer.byIndex(byOwner, uid)) {
        // A reference does not reach into another namespace.
        if (namespace === undefined || object.metadata.namespace === namespace) {
          items.push({ resource: informer.resource, object });
        }
      }
    }
    return items;
  }

  lookUp(dependent: KubeObject, { apiVersion, kind, name, uid }: OwnerReference): Lookup {
    const informer = this.#byKind.get(kindKey(apiVersion, kind));
    if (informer === undefined) return { found: "unknown" };
    const { resource } = informer;
    const namespace = resource.namespaced ? dependent.metadata.namespace ?? "" : "";
    if (resource.namespaced && namespace === "") return { found: "invalid" };
    const owner = informer.get(keyOf({ metadata: { name, namespace } }));
    return owner?.metadata.uid === uid ? { found: "present", owner } : { found: "missing", resource, namespace };
  }

  /** Whether an object of the kind and uid is there, whatever its name and namespace. Slow: for the odd case that has to be explained. */
  existsElsewhere({ apiVersion, kind, uid }: OwnerReference): boolean {
    const informer = this.#byKind.get(kindKey(apiVersion, kind));
    return informer?.list().some(({ metadata }) => metadata.uid === uid) ?? false;
  }

  #changed(resource: Resource<KubeObject>, change: Change<KubeObject>, enqueue: (item: Item) => void): void {
    const { type, object } = change;
    if (type === "deleted") {
      for (const dependent of this.dependentsOf(object)) enqueue(dependent);
      this.#waitingOwners(object, enqueue);
      return;
    }
    const previous = type === "updated" ? change.previous : undefined;
    const isOther = previous === undefined ||
      !deepEqual(previous.metadata.ownerReferences, object.metadata.ownerReferences) ||
      isDeleting(previous) !== isDeleting(object) ||
      (isDeleting(object) && !deepEqual(previous.metadata.finalizers, object.metadata.finalizers));
    if (!isOther) return;
    if (referencesOf(object).length > 0 || isDeleting(object)) enqueue({ resource, object });
    if (previous !== undefined) this.#waitingOwners(previous, enqueue);
  }

  #waitingOwners(dependent: KubeObject, enqueue: (item: Item) => void): void {
    for (const reference of referencesOf(dependent)) {
      const lookup = this.lookUp(dependent, reference);
      if (lookup.found !== "present" || !waitsForDependents(lookup.owner)) continue;
      const informer = this.#byKind.get(kindKey(reference.apiVersion, reference.kind))!;
      enqueue({ resource: informer.resource, object: lookup.owner });
    }
  }
}

function idOf({ group, version, resource }: Resource): string {
  return `${group}/${version}/${resource}`;
}
