import { apiVersionOf, type KubeObject, type Resource } from "../../../api/resource.ts";
import type { OwnerReference } from "../../../api/types/meta_v1.ts";

export const foregroundFinalizer = "foregroundDeletion";
export const orphanFinalizer = "orphan";

/** An object and what kind of thing it is: references do not carry their resource. */
export interface Item {
  readonly resource: Resource<KubeObject>;
  readonly object: KubeObject;
}

export function isDeleting({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

export function has({ metadata }: KubeObject, finalizer: string): boolean {
  return metadata.finalizers?.includes(finalizer) ?? false;
}

/** It is being deleted, and lives until its dependents are gone. */
export function waitsForDependents(object: KubeObject): boolean {
  return isDeleting(object) && has(object, foregroundFinalizer);
}

export function referencesOf({ metadata }: KubeObject): readonly OwnerReference[] {
  return metadata.ownerReferences ?? [];
}

/** Equal for the references of one kind. */
export function kindKey(apiVersion: string, kind: string): string {
  return `${apiVersion} ${kind}`;
}

export function kindKeyOf(resource: Resource): string {
  return kindKey(apiVersionOf(resource), resource.kind);
}

/** The propagation that the finalizers of an object ask for; an object's own wish outlives its owner. */
export function propagationOf(object: KubeObject): "Orphan" | "Foreground" | "Background" {
  if (has(object, orphanFinalizer)) return "Orphan";
  return has(object, foregroundFinalizer) ? "Foreground" : "Background";
}

/** A merge patch of an object's owner references that is refused when the object has changed meanwhile. */
export function ownersPatch({ metadata }: KubeObject, ownerReferences: readonly OwnerReference[]) {
  const { uid, resourceVersion } = metadata;
  const left = ownerReferences.length === 0 ? null : ownerReferences;
  return { type: "merge", patch: { metadata: { uid, resourceVersion, ownerReferences: left } } } as const;
}

/** As {@linkcode ownersPatch}, of the finalizers without one. */
export function finalizerPatch({ metadata }: KubeObject, finalizer: string) {
  const { uid, resourceVersion } = metadata;
  const left = (metadata.finalizers ?? []).filter((name) => name !== finalizer);
  const finalizers = left.length === 0 ? null : left;
  return { type: "merge", patch: { metadata: { uid, resourceVersion, finalizers } } } as const;
}
