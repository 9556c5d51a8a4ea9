import { hasFinalizer, withFinalizer, withoutFinalizer } from "../../../api/meta/finalizers.ts";
import type { KubeObject, Resource } from "../../../api/resource.ts";
import { isNotFound } from "../../../api/status.ts";
import type { Client } from "../../../client/client.ts";

/** Gives a living object its protection, and takes it from one that is to go once nothing uses it. */
export async function protect<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  object: T,
  finalizer: string,
  isUsed: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const protectedNow = hasFinalizer(object, finalizer);
  const goes = object.metadata.deletionTimestamp !== undefined;
  if (goes !== protectedNow || (goes && await isUsed())) return;
  const wanted = goes ? withoutFinalizer(object, finalizer) : withFinalizer(object, finalizer);
  try {
    await client.update(resource, wanted, { signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
