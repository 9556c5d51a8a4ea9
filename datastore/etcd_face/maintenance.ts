import { type Face, header, MEMBER_ID, RAFT_TERM, unimplemented } from "./face.ts";
import type { Answer } from "./messages.ts";

/** The etcd whose behaviour is served: of the 3.5 series the first whose progress notifications Kubernetes relies upon. */
const VERSION = "3.5.13";
const GET_ALARMS = 0;
const DISARM = 2;

export async function status({ datastore }: Face): Promise<Answer & Record<string, unknown>> {
  const { revision, bytes } = await datastore.stats();
  return {
    header: header(revision),
    version: VERSION,
    dbSize: bytes,
    dbSizeInUse: bytes,
    leader: MEMBER_ID,
    raftIndex: revision,
    raftAppliedIndex: revision,
    raftTerm: RAFT_TERM,
  };
}

/** There are none. */
export async function alarm({ datastore }: Face, { action }: { readonly action: number }): Promise<Answer> {
  if (action !== GET_ALARMS && action !== DISARM) throw unimplemented("raising an alarm", "the datastore knows none");
  return { header: header(await datastore.revision()) };
}

export async function listMembers(
  { datastore, clientUrls }: Face,
): Promise<Answer & { members: readonly Record<string, unknown>[] }> {
  const { engine, revision } = await datastore.stats();
  return { header: header(revision), members: [{ id: MEMBER_ID, name: `skiff-${engine}`, peerUrls: [], clientUrls }] };
}

export async function authStatus({ datastore }: Face): Promise<Answer & { enabled: boolean; authRevision: number }> {
  return { header: header(await datastore.revision()), enabled: false, authRevision: 1 };
}
