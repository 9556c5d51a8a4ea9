import { DatastoreError, type DatastoreReason } from "../contract.ts";

/** gRPC's codes. */
const CODES = {
  invalidArgument: 3,
  notFound: 5,
  resourceExhausted: 8,
  failedPrecondition: 9,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
} as const;

/** What a call is refused with: clients know most of etcd's refusals by their exact words. */
export class EtcdError extends Error {
  override readonly name = "EtcdError";
  constructor(readonly reason: keyof typeof CODES, message: string) {
    super(message);
  }
}

const ETCD_ERRORS = {
  emptyKey: ["invalidArgument", "etcdserver: key is not provided"],
  valueProvided: ["invalidArgument", "etcdserver: value is provided"],
  leaseProvided: ["invalidArgument", "etcdserver: lease is provided"],
  keyNotFound: ["invalidArgument", "etcdserver: key not found"],
  tooManyOperations: ["invalidArgument", "etcdserver: too many operations in txn request"],
  duplicateKey: ["invalidArgument", "etcdserver: duplicate key given in txn request"],
  tooLarge: ["invalidArgument", "etcdserver: request is too large"],
  invalidSort: ["invalidArgument", "etcdserver: invalid sort option"],
  leaseNotFound: ["notFound", "etcdserver: requested lease not found"],
  leaseExists: ["failedPrecondition", "etcdserver: lease already exists"],
  ttlTooLarge: ["outOfRange", "etcdserver: too large lease TTL"],
  compacted: ["outOfRange", "etcdserver: mvcc: required revision has been compacted"],
} as const satisfies Record<string, readonly [keyof typeof CODES, string]>;

export function etcdError(which: keyof typeof ETCD_ERRORS): EtcdError {
  const [reason, message] = ETCD_ERRORS[which];
  return new EtcdError(reason, message);
}

/** How a datastore's refusals are told; where there is no message, its own is. */
const REFUSALS: Readonly<Record<DatastoreReason, readonly [keyof typeof CODES, string?]>> = {
  compacted: ETCD_ERRORS.compacted,
  futureRevision: ["outOfRange", "etcdserver: mvcc: required revision is a future revision"],
  invalidArgument: ["invalidArgument"],
  storageFull: ["resourceExhausted", "etcdserver: mvcc: database space exceeded"],
  readOnly: ["resourceExhausted"],
  corrupt: ["dataLoss"],
  locked: ["unavailable"],
  notEmpty: ["failedPrecondition"],
  slowWatcher: ["resourceExhausted"],
  unavailable: ["unavailable"],
  unknownOutcome: ["unavailable", "etcdserver: request timed out"],
  closed: ["unavailable", "etcdserver: server stopped"],
};

/** As grpc-js takes it. */
export function grpcStatus(error: unknown): { code: number; details: string } {
  if (error instanceof EtcdError) return { code: CODES[error.reason], details: error.message };
  if (error instanceof DatastoreError) {
    const [reason, message = error.message] = REFUSALS[error.reason];
    return { code: CODES[reason], details: message };
  }
  return { code: CODES.internal, details: error instanceof Error ? error.message : String(error) };
}
