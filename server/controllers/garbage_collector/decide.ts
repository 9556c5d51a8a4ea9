import type { DeleteOptions } from "../../../client/client.ts";
import type { ObjectMeta, OwnerReference } from "../../../api/types/meta_v1.ts";
import { foregroundFinalizer, orphanFinalizer } from "./propagation.ts";

/** What was found of one owner that an object names. */
export type OwnerState =
  /** It exists and stays. */
  | "solid"
  /** It exists, is being deleted in the foreground, and waits for its dependents to go first. */
  | "waiting"
  /** There is no such object, or another one of that name. */
  | "absent"
  /** Nobody can say: its kind is not served, or a cluster-wide object names an owner in a namespace. */
  | "unresolvable";

export type Fate =
  | { readonly action: "keep" }
  /** An owner is left: the references to the others go. */
  | { readonly action: "disown"; readonly left: readonly OwnerReference[] }
  | {
    readonly action: "delete";
    readonly policy: NonNullable<DeleteOptions["propagationPolicy"]>;
    /** First stop holding up the owners: a dependent waits in its turn, which may be for this very object. */
    readonly unblock: boolean;
  };

const keep: Fate = { action: "keep" };

/** What becomes of an object whose i-th owner reference leads to an owner in `states[i]`. */
export function decideFate(
  metadata: ObjectMeta,
  states: readonly OwnerState[],
  dependents: Iterable<{ readonly deletesDependents: boolean }>,
): Fate {
  const references = metadata.ownerReferences ?? [];
  if (references.length === 0 || states.includes("unresolvable")) return keep;
  if (states.includes("solid")) {
    const left = references.filter((_, index) => states[index] === "solid");
    return left.length === references.length ? keep : { action: "disown", left };
  }
  const all = [...dependents];
  if (states.includes("waiting") && all.length > 0) {
    return { action: "delete", policy: "Foreground", unblock: all.some((one) => one.deletesDependents) };
  }
  return { action: "delete", policy: policyOf(metadata), unblock: false };
}

/** An object keeps the policy that an earlier request gave it. */
function policyOf({ finalizers = [] }: ObjectMeta): NonNullable<DeleteOptions["propagationPolicy"]> {
  if (finalizers.includes(orphanFinalizer)) return "Orphan";
  return finalizers.includes(foregroundFinalizer) ? "Foreground" : "Background";
}
