import { type EtcdMember, type EtcdMembers, type EtcdStatus, openEtcdMembers } from "../../datastore/etcd/members.ts";
import type { EtcdAccess } from "./member_file.ts";

/** A member, and what it says of itself; `problem` is why it says nothing. */
export type MemberReport =
  & Pick<EtcdMember, "id" | "name" | "peerUrls" | "clientUrls" | "isLearner">
  & (
    | Pick<EtcdStatus, "isLeader" | "version" | "bytes" | "bytesInUse" | "errors">
    | { readonly isLeader: false; readonly problem: string }
  );

/** One member may take so long to answer. */
const PATIENCE = 3_000;

/** All members with what each says of itself, those that do not answer as well. */
export async function reportMembers(access: EtcdAccess, members: EtcdMembers): Promise<MemberReport[]> {
  return await Promise.all((await members.list()).map((member) => reportMember(access, member)));
}

async function reportMember(access: EtcdAccess, member: EtcdMember): Promise<MemberReport> {
  const { id, name, peerUrls, clientUrls, isLearner } = member;
  const known = { id, name, peerUrls, clientUrls, isLearner };
  if (clientUrls.length === 0) return { ...known, isLeader: false, problem: "has not started yet" };
  try {
    const { isLeader, version, bytes, bytesInUse, errors } = await withMember(
      access,
      member,
      (own) => own.status(),
      PATIENCE,
    );
    return { ...known, isLeader, version, bytes, bytesInUse, errors };
  } catch (error) {
    return { ...known, isLeader: false, problem: (error as Error).message };
  }
}

/** Calls one member itself, whichever answers for the cluster. */
export async function withMember<T>(
  { tls }: EtcdAccess,
  { clientUrls }: Pick<EtcdMember, "clientUrls">,
  use: (own: EtcdMembers) => Promise<T>,
  timeout: number,
): Promise<T> {
  const own = await openEtcdMembers({ endpoints: clientUrls, ...tls, timeout });
  try {
    return await use(own);
  } finally {
    own.close();
  }
}
