import type { KubeObject } from "../../../api/resource.ts";
import type { Operation } from "../../../datastore/contract.ts";
import type { Entry } from "../contract.ts";
import { cloneJson } from "./clone.ts";
import type { Shelf } from "./system.ts";

export interface AllocatedWrite {
  readonly object: KubeObject;
  /** Absent for a new object. */
  readonly old?: KubeObject;
  readonly dryRun: boolean;
  /** Stores the object with its numbers, and in the same commit the turn, if there is one. */
  commit(object: KubeObject, turn?: Operation): Promise<Entry | undefined>;
}

/** Gives an object the cluster IP and node ports that it lacks and holds them until it is stored; other kinds are stored as they are. */
export async function allocatedWrite(
  { system, storage }: Shelf,
  { object, old, dryRun, commit }: AllocatedWrite,
): Promise<Entry | undefined> {
  const { services, turns } = system;
  const write = async (own: KubeObject, turn?: Operation) => {
    const reservation = services.reserve(storage, own, old);
    // A dry run takes nothing from whoever comes while it is under way.
    if (dryRun) {
      reservation?.release();
      return await commit(own, turn);
    }
    try {
      return await commit(own, turn);
    } finally {
      reservation?.release();
    }
  };
  if (turns === undefined || dryRun || !services.mayTake(storage, object, old)) return await write(object);
  // Each turn begins with the object as it was before the last one.
  return await turns.take((turn) => write(cloneJson(object), turn));
}
