import type { Selector } from "../../../api/meta/label_selector.ts";
import { controllerOf } from "../../../api/meta/owner.ts";
import { keyOf, type KubeObject, type Resource } from "../../../api/resource.ts";
import type { Informer } from "../../../client/informer_contract.ts";

export interface OwnerWatch<Owner extends KubeObject, T extends KubeObject> {
  readonly owners: Informer<Owner>;
  readonly dependents: Informer<T>;
  readonly selectorOf: (owner: Owner) => Selector;
  /** Called for each owner that a change of a dependent concerns. */
  readonly enqueue: (owner: Owner, dependent: T) => void;
  readonly onAdded?: (ownerKey: string, dependent: T) => void;
  /** The dependent is gone, or was marked to go. */
  readonly onLeaving?: (ownerKey: string, dependent: T) => void;
}

/**
 * Tells owners of the changes of what they control. A dependent without a controller concerns every owner whose selector matches it, as one
 * of them may adopt it.
 */
export function watchDependents<Owner extends KubeObject, T extends KubeObject>(watch: OwnerWatch<Owner, T>): void {
  const { dependents, onAdded, onLeaving } = watch;
  dependents.onChange((change) => {
    const { object } = change;
    const ownerKey = controllerKey(watch.owners.resource, object);
    const leaving = change.type === "deleted" || object.metadata.deletionTimestamp !== undefined;
    if (ownerKey !== undefined) {
      if (change.type === "added") onAdded?.(ownerKey, object);
      if (leaving) onLeaving?.(ownerKey, object);
    }
    if (change.type === "updated" && controllerOf(change.previous)?.uid !== controllerOf(object)?.uid) {
      concerned(watch, change.previous);
    }
    concerned(watch, object);
  });
}

/** The key of the owner of this kind that the object's controller reference names. */
export function controllerKey(resource: Resource, object: KubeObject): string | undefined {
  const reference = controllerOf(object);
  const [group = "", version] = reference?.apiVersion.split("/") ?? [];
  const isOfGroup = version === undefined ? resource.group === "" : resource.group === group;
  if (reference === undefined || reference.kind !== resource.kind || !isOfGroup) return undefined;
  return keyOf({ metadata: { name: reference.name, namespace: object.metadata.namespace ?? "" } });
}

function concerned<Owner extends KubeObject, T extends KubeObject>(watch: OwnerWatch<Owner, T>, object: T): void {
  const { owners, selectorOf, enqueue } = watch;
  const reference = controllerOf(object);
  if (reference !== undefined) {
    const key = controllerKey(owners.resource, object);
    const owner = key === undefined ? undefined : owners.get(key);
    if (owner?.metadata.uid === reference.uid) enqueue(owner, object);
    return;
  }
  if (object.metadata.deletionTimestamp !== undefined) return;
  for (const owner of owners.list(object.metadata.namespace)) {
    if (selectorOf(owner).matches(object.metadata.labels)) enqueue(owner, object);
  }
}
