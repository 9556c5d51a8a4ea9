/** What of etcd's gRPC API concerns its members. */
import { type Field, flag, type Int, int, many, type Method, one, text } from "./descriptor.ts";

const id = (number: number): Field => ({ type: "uint64", id: number });

export const CLUSTER_MESSAGES: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  ClusterHeader: { clusterId: id(1), memberId: id(2) },
  Member: { id: id(1), name: text(2), peerURLs: texts(3), clientURLs: texts(4), isLearner: flag(5) },
  MemberListRequest: {},
  MemberAddRequest: { peerURLs: texts(1), isLearner: flag(2) },
  MemberAddResponse: { member: one("Member", 2), members: many("Member", 3) },
  MemberIdRequest: { id: id(1) },
  MemberUpdateRequest: { id: id(1), peerURLs: texts(2) },
  MembersResponse: { members: many("Member", 2) },
  EmptyRequest: {},
  EmptyResponse: {},
  MemberStatus: {
    header: one("ClusterHeader", 1),
    version: text(2),
    dbSize: int(3),
    leader: id(4),
    raftIndex: id(5),
    raftTerm: id(6),
    errors: texts(8),
    dbSizeInUse: int(9),
    isLearner: flag(10),
  },
};

function texts(number: number): Field {
  return { rule: "repeated", type: "string", id: number };
}

/** 64 bits, which JavaScript's numbers do not hold: as it came from etcd, to be given back to it. */
export interface MemberId {
  toString(radix: 16): string;
}

export interface WireMember {
  readonly id: MemberId;
  /** Empty until it has started for the first time. */
  readonly name: string;
  readonly peerURLs: readonly string[];
  readonly clientURLs: readonly string[];
  readonly isLearner: boolean;
}

export interface WireStatus {
  readonly header: { readonly clusterId: MemberId; readonly memberId: MemberId };
  readonly version: string;
  readonly dbSize: Int;
  readonly dbSizeInUse: Int;
  /** 0: none is known. */
  readonly leader: MemberId;
  readonly raftTerm: Int;
  readonly errors: readonly string[];
  readonly isLearner: boolean;
}

interface Members {
  readonly members: readonly WireMember[];
}

const CLUSTER = "/etcdserverpb.Cluster";
const MAINTENANCE = "/etcdserverpb.Maintenance";

export const MEMBER_LIST: Method<Record<string, never>, Members> = {
  path: `${CLUSTER}/MemberList`,
  request: "MemberListRequest",
  response: "MembersResponse",
};
export const MEMBER_ADD: Method<
  { readonly peerURLs: readonly string[]; readonly isLearner: boolean },
  Members & { readonly member: WireMember }
> = { path: `${CLUSTER}/MemberAdd`, request: "MemberAddRequest", response: "MemberAddResponse" };
export const MEMBER_REMOVE: Method<{ readonly id: MemberId }, Members> = {
  path: `${CLUSTER}/MemberRemove`,
  request: "MemberIdRequest",
  response: "MembersResponse",
};
export const MEMBER_UPDATE: Method<{ readonly id: MemberId; readonly peerURLs: readonly string[] }, Members> = {
  path: `${CLUSTER}/MemberUpdate`,
  request: "MemberUpdateRequest",
  response: "MembersResponse",
};
export const MEMBER_PROMOTE: Method<{ readonly id: MemberId }, Members> = {
  path: `${CLUSTER}/MemberPromote`,
  request: "MemberIdRequest",
  response: "MembersResponse",
};
export const MEMBER_STATUS: Method<Record<string, never>, WireStatus> = {
  path: `${MAINTENANCE}/Status`,
  request: "EmptyRequest",
  response: "MemberStatus",
};
export const DEFRAGMENT: Method<Record<string, never>, Record<string, never>> = {
  path: `${MAINTENANCE}/Defragment`,
  request: "EmptyRequest",
  response: "EmptyResponse",
};
