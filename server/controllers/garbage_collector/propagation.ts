import type { ObjectMeta } from "../../../api/types/meta_v1.ts";

/** Finalizers by which a request to delete says what becomes of the dependents. */
export const foregroundFinalizer = "foregroundDeletion";
export const orphanFinalizer = "orphan";

export function orphansDependents({ deletionTimestamp, finalizers }: ObjectMeta): boolean {
  return deletionTimestamp !== undefined && (finalizers?.includes(orphanFinalizer) ?? false);
}

/** With both finalizers, the dependents are let go first. */
export function deletesDependents(metadata: ObjectMeta): boolean {
  const { deletionTimestamp, finalizers } = metadata;
  return deletionTimestamp !== undefined && (finalizers?.includes(foregroundFinalizer) ?? false) &&
    !orphansDependents(metadata);
}
