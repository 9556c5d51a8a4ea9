import type { Clock } from "../../../api/clock.ts";
import { parseTime } from "../../../api/meta/time.ts";
import type { KubeObject } from "../../../api/resource.ts";
import { LEEWAY, refused } from "./verified_tokens.ts";

/** Resolves to undefined when there is no such object. */
export type ObjectLookup = (
  resource: "serviceaccounts" | "pods" | "secrets" | "nodes",
  namespace: string,
  name: string,
) => Promise<KubeObject | undefined>;

export interface Reference {
  readonly name: string;
  readonly uid: string;
}

/** What a token is bound to must still be there, and be the same. Resolves to it, or rejects with an AuthenticationError. */
export async function mustExist(
  resource: Parameters<ObjectLookup>[0],
  namespace: string,
  { name, uid }: Reference,
  { lookup, clock }: { readonly lookup: ObjectLookup; readonly clock: Pick<Clock, "now"> },
): Promise<KubeObject> {
  const found = await lookup(resource, namespace, name);
  const what = `${resource} ${JSON.stringify(namespace ? `${namespace}/${name}` : name)}`;
  if (found === undefined) throw refused(`${what} is gone`);
  if (found.metadata.uid !== uid) throw refused(`${what} is another one now`);
  const { deletionTimestamp } = found.metadata;
  // A deleted object's token serves it through its last minute, in which it may still have to clean up.
  const deleted = deletionTimestamp === undefined ? undefined : parseTime(deletionTimestamp);
  if (deleted !== undefined && deleted + LEEWAY * 1000 < clock.now()) throw refused(`${what} is deleted`);
  return found;
}
