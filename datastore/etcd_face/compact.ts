import { type Int, number } from "../etcd/descriptor.ts";
import { etcdError } from "./errors.ts";
import { type Face, header } from "./face.ts";
import type { Answer } from "./messages.ts";

/** Unlike the datastore, etcd refuses what has been done already. */
export async function compact({ datastore }: Face, { revision }: { readonly revision: Int }): Promise<Answer> {
  const { compactedRevision } = await datastore.stats();
  if (number(revision) <= compactedRevision) throw etcdError("compacted");
  await datastore.compact(number(revision));
  return { header: header(await datastore.revision()) };
}
