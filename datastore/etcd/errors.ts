import { DatastoreError, type DatastoreReason } from "../contract.ts";

/** What grpc-js rejects with. */
export interface GrpcFault extends Error {
  /** gRPC's status code (grpc.github.io/grpc/core/md_doc_statuscodes.html). */
  readonly code?: number;
  readonly details?: string;
}

export const UNAVAILABLE = 14;
const CANCELLED = 1;
const DEADLINE_EXCEEDED = 4;

/** etcd's errors (api/v3rpc/rpctypes of etcd) as the contract's, by a part of their text. What is in here has changed nothing. */
const KNOWN: readonly { text: RegExp; reason: DatastoreReason; advice?: string }[] = [
  { text: /required revision has been compacted/, reason: "compacted", advice: "list again" },
  { text: /required revision is a future revision/, reason: "futureRevision" },
  {
    text: /database space exceeded/,
    reason: "storageFull",
    advice: "compact and defragment etcd, raise its --quota-backend-bytes, then disarm the alarm",
  },
  { text: /request is too large/, reason: "invalidArgument", advice: "start etcd with a higher --max-request-bytes" },
  { text: /too many operations/, reason: "invalidArgument", advice: "start etcd with a higher --max-txn-ops" },
  { text: /corrupt/, reason: "corrupt" },
  { text: /no leader|unhealthy cluster|too many requests|not capable/, reason: "unavailable" },
  {
    text: /permission denied|user name|authentication|invalid auth token/,
    reason: "unavailable",
    advice: "does the client certificate's user have the rights?",
  },
];

/** Whether another endpoint, or the same one a little later, may do better. */
export function isTransient({ code }: GrpcFault): boolean {
  return code === UNAVAILABLE || code === DEADLINE_EXCEEDED || code === CANCELLED;
}

/** `write` when the call may have changed something although it failed. */
export function datastoreError(fault: GrpcFault, endpoint: string, { write = false } = {}): DatastoreError {
  const details = fault.details || fault.message;
  const known = KNOWN.find(({ text }) => text.test(details));
  const message = `etcd at ${endpoint}: ${details}${known?.advice ? ` (${known.advice})` : ""}`;
  if (known) return new DatastoreError(known.reason, message, { cause: fault });
  if (!isTransient(fault)) return new DatastoreError("unavailable", message, { cause: fault });
  return write
    ? new DatastoreError("unknownOutcome", `whether the write has happened is unknown: ${message}`, { cause: fault })
    : new DatastoreError("unavailable", message, { cause: fault });
}
