import { apiVersionOf, type KubeObject, type Resource } from "../resource.ts";
import type { OwnerReference } from "../types/meta_v1.ts";

/** The owner that manages the object; there is at most one. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller);
}

export function isControlledBy(object: KubeObject, owner: KubeObject): boolean {
  return owner.metadata.uid !== undefined && controllerOf(object)?.uid === owner.metadata.uid;
}

/**
 * A reference to an owner that manages its dependents, and whose foreground deletion waits for them. Takes the resource because
 * objects out of lists and caches need not carry their own kind. Throws a TypeError for an owner that was never stored.
 */
export function controllerReference(owner: KubeObject, resource: Resource): OwnerReference {
  return { ...ownerReference(owner, resource), controller: true, blockOwnerDeletion: true };
}

/** A plain reference: the dependent goes when all its owners have gone. */
export function ownerReference(owner: KubeObject, resource: Resource): OwnerReference {
  const { name, uid } = owner.metadata;
  if (!name || !uid) {
    throw new TypeError(
      `${resource.kind} ${JSON.stringify(name ?? "")} has no name and uid yet, so nothing can refer to it`,
    );
  }
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, name, uid };
}
