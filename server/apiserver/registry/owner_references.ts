import { deepEqual } from "../../../api/meta/deep_equal.ts";
import type { ObjectMeta, OwnerReference } from "../../../api/types/meta_v1.ts";
import type { RequestContext } from "../contract.ts";

/** Of references that are alike one is kept, and the client told. `afterAdmission` says who may have doubled them. */
export function keepOwnersOnce(metadata: ObjectMeta, context: RequestContext, afterAdmission: boolean): void {
  const { ownerReferences: owners = [] } = metadata;
  if (owners.length < 2) return;
  const once: OwnerReference[] = [];
  const doubled: string[] = [];
  for (const owner of owners) {
    if (once.some((other) => deepEqual(other, owner))) doubled.push(owner.uid);
    else once.push(owner);
  }
  if (doubled.length === 0) return;
  metadata.ownerReferences = once;
  const when = afterAdmission ? " after mutating admission happens" : "";
  context.warn(
    `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests ` +
      `as early as 1.24; please fix your requests; duplicate UID(s) observed: ${doubled.join(", ")}`,
  );
}
