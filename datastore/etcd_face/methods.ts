import { compact } from "./compact.ts";
import { deleteRange } from "./delete_range.ts";
import type { Face } from "./face.ts";
import { grantLease, leaseTimeToLive, listLeases, revokeLease } from "./lease.ts";
import { alarm, authStatus, listMembers, status } from "./maintenance.ts";
import { put } from "./put.ts";
import { range } from "./range.ts";
import { txn } from "./txn.ts";

/** A call of one request and one answer. */
export interface UnaryMethod {
  /** Names of {@linkcode codec}. */
  readonly request: string;
  readonly response: string;
  call(face: Face, request: unknown): Promise<unknown>;
}

function unary<Request>(
  request: string,
  response: string,
  call: (face: Face, request: Request) => Promise<unknown>,
): UnaryMethod {
  return { request, response, call: (face, message) => call(face, message as Request) };
}

/** By service and method. */
export const UNARY: Readonly<Record<string, Readonly<Record<string, UnaryMethod>>>> = {
  "etcdserverpb.KV": {
    Range: unary("RangeRequest", "RangeResponse", range),
    Put: unary("PutRequest", "PutResponse", put),
    DeleteRange: unary("DeleteRangeRequest", "DeleteRangeResponse", deleteRange),
    Txn: unary("TxnRequest", "TxnResponse", txn),
    Compact: unary("CompactionRequest", "HeaderResponse", compact),
  },
  "etcdserverpb.Lease": {
    LeaseGrant: unary("LeaseGrantRequest", "LeaseResponse", grantLease),
    LeaseRevoke: unary("LeaseRequest", "HeaderResponse", revokeLease),
    LeaseTimeToLive: unary("LeaseRequest", "LeaseResponse", leaseTimeToLive),
    LeaseLeases: unary("Empty", "LeaseLeasesResponse", listLeases),
  },
  "etcdserverpb.Maintenance": {
    Status: unary("Empty", "StatusResponse", status),
    Alarm: unary("AlarmRequest", "AlarmResponse", alarm),
  },
  "etcdserverpb.Cluster": { MemberList: unary("Empty", "MemberListResponse", listMembers) },
  "etcdserverpb.Auth": { AuthStatus: unary("Empty", "AuthStatusResponse", authStatus) },
};

const NO_RAFT = "this is one server over Skiff's datastore, not a member of a cluster";
const NO_USERS = "who may connect is decided by client certificates";
const NO_LOCKS = "clients can make locks and elections of leases and transactions";

/** Why the other methods are not served. */
export const UNSERVED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "etcdserverpb.Maintenance": {
    Defragment: "the datastore gives space back by itself",
    Hash: "the datastore keeps no hash of itself",
    HashKV: "the datastore keeps no hash of itself",
    MoveLeader: NO_RAFT,
    Downgrade: NO_RAFT,
  },
  "etcdserverpb.Cluster": Object.fromEntries(
    ["MemberAdd", "MemberRemove", "MemberUpdate", "MemberPromote"].map((method) => [method, NO_RAFT]),
  ),
  "etcdserverpb.Auth": Object.fromEntries(
    [
      "AuthEnable",
      "AuthDisable",
      "Authenticate",
      ...["Add", "Get", "List", "Delete", "ChangePassword", "GrantRole", "RevokeRole"].map((verb) => `User${verb}`),
      ...["Add", "Get", "List", "Delete", "GrantPermission", "RevokePermission"].map((verb) => `Role${verb}`),
    ].map((method) => [method, NO_USERS]),
  ),
  "v3lockpb.Lock": Object.fromEntries(["Lock", "Unlock"].map((method) => [method, NO_LOCKS])),
  "v3electionpb.Election": Object.fromEntries(
    ["Campaign", "Proclaim", "Leader", "Observe", "Resign"].map((method) => [method, NO_LOCKS]),
  ),
};
