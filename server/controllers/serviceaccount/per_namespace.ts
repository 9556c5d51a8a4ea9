import { isAlreadyExists } from "../../../api/status.ts";
import type { Namespace } from "../../../api/types/core_v1.ts";
import { isNamespaceTerminating } from "../runner.ts";

export function isActive(namespace: Namespace | undefined): boolean {
  return namespace !== undefined && namespace.metadata.deletionTimestamp === undefined &&
    namespace.status?.phase !== "Terminating";
}

/** A creation that is content with the object being there already, or with its namespace going away. */
export async function ensure(creation: Promise<unknown>): Promise<void> {
  try {
    await creation;
  } catch (error) {
    if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error;
  }
}
