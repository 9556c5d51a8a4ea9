import { MAX_OPERATIONS } from "../contract.ts";
import { EtcdError } from "./errors.ts";
import { type Face, header, wireItem } from "./face.ts";
import { rangeOf } from "./keys.ts";
import type { DeleteRangeRequest, DeleteRangeResponse, WireItem } from "./messages.ts";
import { checkDelete } from "./txn_check.ts";

/** Pages that others may change under our hands before it is given up. */
const MAX_CONFLICTS = 20;

/**
 * Deletes a range, up to 128 keys at one revision; more take a revision for each 128, unlike in etcd. Where others write to the datastore too, a key
 * that they add to the range meanwhile may stay.
 */
export async function deleteRange(face: Face, request: DeleteRangeRequest): Promise<DeleteRangeResponse> {
  checkDelete(request);
  const { datastore, leases } = face;
  const range = rangeOf(request);
  const limit = request.rangeEnd.length > 0 ? MAX_OPERATIONS : 1;
  return await face.gate.alone(async () => {
    const previous: WireItem[] = [];
    let [deleted, conflicts] = [0, 0];
    for (;;) {
      const { items, more, revision } = await datastore.list(range, { limit });
      const result = items.length === 0 ? { ok: true, revision } : await datastore.commit(
        items.map(({ key, modRevision }) => ({ kind: "delete", key, expect: modRevision })),
      );
      if (!result.ok) {
        if (++conflicts < MAX_CONFLICTS) continue;
        throw new EtcdError("unavailable", `the deletion met other writers ${conflicts} times: try again`);
      }
      for (const item of items) {
        leases.noteWrite(item.key, "0");
        if (request.previous) previous.push(wireItem(item));
      }
      deleted += items.length;
      if (!more) return { header: header(result.revision), deleted, previous };
    }
  });
}
