/** etcd's gRPC API (v3), as far as it is served here, by its field numbers. Keys and values are bytes. */
import protobuf from "protobufjs/light.js";
import {
  binary,
  choice,
  codecOf,
  descriptorOf,
  type Field,
  flag,
  type Int,
  int,
  many,
  one,
  text,
} from "../etcd/descriptor.ts";

const MESSAGES: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  Header: { clusterId: int(1), memberId: int(2), revision: int(3), raftTerm: int(4) },
  KeyValue: {
    key: binary(1),
    createRevision: int(2),
    modRevision: int(3),
    version: int(4),
    value: binary(5),
    lease: int(6),
  },
  RangeRequest: {
    key: binary(1),
    rangeEnd: binary(2),
    limit: int(3),
    revision: int(4),
    sortOrder: choice(5),
    sortTarget: choice(6),
    keysOnly: flag(8),
    countOnly: flag(9),
    minModRevision: int(10),
    maxModRevision: int(11),
    minCreateRevision: int(12),
    maxCreateRevision: int(13),
  },
  RangeResponse: { header: one("Header", 1), kvs: many("KeyValue", 2), more: flag(3), count: int(4) },
  PutRequest: {
    key: binary(1),
    value: binary(2),
    lease: int(3),
    previous: flag(4),
    ignoreValue: flag(5),
    ignoreLease: flag(6),
  },
  PutResponse: { header: one("Header", 1), previous: one("KeyValue", 2) },
  DeleteRangeRequest: { key: binary(1), rangeEnd: binary(2), previous: flag(3) },
  DeleteRangeResponse: { header: one("Header", 1), deleted: int(2), previous: many("KeyValue", 3) },
  RequestOp: {
    range: one("RangeRequest", 1),
    put: one("PutRequest", 2),
    deleteRange: one("DeleteRangeRequest", 3),
    txn: one("TxnRequest", 4),
  },
  ResponseOp: {
    range: one("RangeResponse", 1),
    put: one("PutResponse", 2),
    deleteRange: one("DeleteRangeResponse", 3),
  },
  Compare: {
    result: choice(1),
    target: choice(2),
    key: binary(3),
    version: int(4),
    createRevision: int(5),
    modRevision: int(6),
    value: binary(7),
    lease: int(8),
    rangeEnd: binary(64),
  },
  TxnRequest: { compare: many("Compare", 1), success: many("RequestOp", 2), failure: many("RequestOp", 3) },
  TxnResponse: { header: one("Header", 1), succeeded: flag(2), responses: many("ResponseOp", 3) },
  CompactionRequest: { revision: int(1), physical: flag(2) },
  HeaderResponse: { header: one("Header", 1) },
  WatchRequest: {
    create: one("WatchCreateRequest", 1),
    cancel: one("WatchCancelRequest", 2),
    progress: one("Empty", 3),
  },
  WatchCreateRequest: {
    key: binary(1),
    rangeEnd: binary(2),
    startRevision: int(3),
    progressNotify: flag(4),
    filters: { rule: "repeated", type: "int32", id: 5 },
    previous: flag(6),
    watchId: int(7),
    fragment: flag(8),
  },
  WatchCancelRequest: { watchId: int(1) },
  Event: { type: choice(1), kv: one("KeyValue", 2), previous: one("KeyValue", 3) },
  WatchResponse: {
    header: one("Header", 1),
    watchId: int(2),
    created: flag(3),
    canceled: flag(4),
    compactRevision: int(5),
    cancelReason: text(6),
    fragment: flag(7),
    events: many("Event", 11),
  },
  LeaseGrantRequest: { ttl: int(1), id: int(2) },
  LeaseRequest: { id: int(1), keys: flag(2) },
  LeaseResponse: {
    header: one("Header", 1),
    id: int(2),
    ttl: int(3),
    grantedTtl: int(4),
    keys: {
      rule: "repeated",
      type: "bytes",
      id: 5,
    },
  },
  LeaseLeasesResponse: { header: one("Header", 1), leases: many("LeaseRequest", 2) },
  Member: {
    id: int(1),
    name: text(2),
    peerUrls: { rule: "repeated", type: "string", id: 3 },
    clientUrls: { rule: "repeated", type: "string", id: 4 },
  },
  MemberListResponse: { header: one("Header", 1), members: many("Member", 2) },
  AlarmRequest: { action: choice(1) },
  AlarmResponse: { header: one("Header", 1) },
  StatusResponse: {
    header: one("Header", 1),
    version: text(2),
    dbSize: int(3),
    leader: int(4),
    raftIndex: int(5),
    raftTerm: int(6),
    raftAppliedIndex: int(7),
    dbSizeInUse: int(9),
  },
  AuthStatusResponse: { header: one("Header", 1), enabled: flag(2), authRevision: int(3) },
  SnapshotResponse: { remainingBytes: int(2), blob: binary(3) },
  Empty: {},
};

export interface Header {
  readonly clusterId: number;
  readonly memberId: number;
  readonly revision: number;
  readonly raftTerm: number;
}

export interface Answer {
  readonly header: Header;
}

/** As it is sent; a deleted key has only `key` and `modRevision`. */
export interface WireItem {
  readonly key: Uint8Array;
  readonly createRevision?: number;
  readonly modRevision: number;
  readonly version?: number;
  readonly value?: Uint8Array;
  /** Decimal: it has 64 bits. */
  readonly lease?: string;
}

export interface RangeRequest {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
  readonly limit: Int;
  readonly revision: Int;
  readonly sortOrder: number;
  readonly sortTarget: number;
  readonly keysOnly: boolean;
  readonly countOnly: boolean;
  readonly minModRevision: Int;
  readonly maxModRevision: Int;
  readonly minCreateRevision: Int;
  readonly maxCreateRevision: Int;
}

export interface RangeResponse extends Answer {
  readonly kvs: readonly WireItem[];
  readonly more: boolean;
  readonly count: number;
}

export interface PutRequest {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly lease: Int;
  readonly previous: boolean;
  readonly ignoreValue: boolean;
  readonly ignoreLease: boolean;
}

export interface PutResponse extends Answer {
  readonly previous?: WireItem;
}

export interface DeleteRangeRequest {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
  readonly previous: boolean;
}

export interface DeleteRangeResponse extends Answer {
  readonly deleted: number;
  readonly previous: readonly WireItem[];
}

/** One of them is set. */
export interface RequestOp {
  readonly range: RangeRequest | null;
  readonly put: PutRequest | null;
  readonly deleteRange: DeleteRangeRequest | null;
  readonly txn: unknown;
}

export interface ResponseOp {
  readonly range?: RangeResponse;
  readonly put?: PutResponse;
  readonly deleteRange?: DeleteRangeResponse;
}

export interface Compare {
  readonly result: number;
  readonly target: number;
  readonly key: Uint8Array;
  readonly version: Int;
  readonly createRevision: Int;
  readonly modRevision: Int;
  readonly value: Uint8Array;
  readonly lease: Int;
  readonly rangeEnd: Uint8Array;
}

export interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly RequestOp[];
  readonly failure: readonly RequestOp[];
}

export interface TxnResponse extends Answer {
  readonly succeeded: boolean;
  readonly responses: readonly ResponseOp[];
}

export interface WatchCreateRequest {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
  readonly startRevision: Int;
  readonly progressNotify: boolean;
  readonly filters: readonly number[];
  readonly previous: boolean;
  readonly watchId: Int;
  readonly fragment: boolean;
}

/** One of them is set. */
export interface WatchRequest {
  readonly create: WatchCreateRequest | null;
  readonly cancel: { readonly watchId: Int } | null;
  readonly progress: Record<string, never> | null;
}

export interface WireEvent {
  readonly type: number;
  readonly kv: WireItem;
  readonly previous?: WireItem;
}

export interface WatchResponse extends Answer {
  readonly watchId: number;
  readonly created?: boolean;
  readonly canceled?: boolean;
  readonly compactRevision?: number;
  readonly cancelReason?: string;
  readonly fragment?: boolean;
  readonly events?: readonly WireEvent[];
}

/** `Event.type`. */
export const PUT = 0;
export const DELETE = 1;

export interface LeaseGrantRequest {
  readonly ttl: Int;
  readonly id: Int;
}

export interface LeaseRequest {
  readonly id: Int;
  readonly keys: boolean;
}

/** Of a grant, a keep-alive and a question for the time to live: seconds. */
export interface LeaseResponse extends Answer {
  readonly id: string;
  readonly ttl: number;
  readonly grantedTtl?: number;
  readonly keys?: readonly Uint8Array[];
}

const root = protobuf.Root.fromJSON(descriptorOf(MESSAGES));

// Bytes that are not there would be an empty array that is none of bytes.
for (const [message, fields] of Object.entries(MESSAGES)) {
  const { prototype } = root.lookupType(message).ctor;
  for (const [name, { type, rule }] of Object.entries(fields)) {
    if (type === "bytes" && rule === undefined) (prototype as Record<string, unknown>)[name] = new Uint8Array();
  }
}

export function codec(name: string) {
  return codecOf<unknown>(root, name);
}
