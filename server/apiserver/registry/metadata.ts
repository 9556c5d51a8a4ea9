import type { ObjectMeta } from "../../../api/types/meta_v1.ts";

/** What the server alone decides is taken from the stored object, whatever the client sent. */
export function keepSystemMetadata(metadata: ObjectMeta, old: ObjectMeta): void {
  delete metadata.managedFields;
  copyField(metadata, old, "creationTimestamp");
  copyField(metadata, old, "generation");
  copyField(metadata, old, "namespace");
  if (old.deletionTimestamp !== undefined) copyField(metadata, old, "deletionTimestamp");
  // Whoever says otherwise hears that they do not change.
  if (!metadata.uid) copyField(metadata, old, "uid");
  if (metadata.deletionGracePeriodSeconds === undefined) copyField(metadata, old, "deletionGracePeriodSeconds");
}

/** What no client says of a new object, and managedFields, which are kept apart from the object. */
export function dropSystemMetadata(metadata: ObjectMeta): void {
  delete metadata.managedFields;
  delete metadata.selfLink;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
}

/** The field as the stored object has it, if it does. */
export function copyField<K extends keyof ObjectMeta>(metadata: ObjectMeta, old: ObjectMeta, field: K): void {
  if (old[field] === undefined) delete metadata[field];
  else metadata[field] = old[field];
}
