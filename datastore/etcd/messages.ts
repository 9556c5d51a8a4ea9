/**
 * What of etcd's gRPC API (v3, as of etcd 3.4) this engine uses, by its field numbers. Keys and values are bytes there; ours are text, which
 * looks the same on the wire.
 */
import protobuf from "protobufjs/light.js";
import { CLUSTER_MESSAGES } from "./cluster_messages.ts";
import {
  choice,
  codecOf,
  descriptorOf,
  type Field,
  flag,
  type Int,
  int,
  many,
  type Method,
  one,
  text,
} from "./descriptor.ts";

const MESSAGES: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  Header: { revision: int(3) },
  KeyValue: { key: text(1), createRevision: int(2), modRevision: int(3), version: int(4), value: text(5) },
  RangeRequest: {
    key: text(1),
    rangeEnd: text(2),
    limit: int(3),
    revision: int(4),
    keysOnly: flag(8),
    countOnly: flag(9),
  },
  RangeResponse: { header: one("Header", 1), kvs: many("KeyValue", 2), more: flag(3), count: int(4) },
  PutRequest: { key: text(1), value: text(2) },
  DeleteRangeRequest: { key: text(1) },
  // What each operation answers is of no interest, but for the ranges.
  RequestOp: { range: one("RangeRequest", 1), put: one("PutRequest", 2), deleteRange: one("DeleteRangeRequest", 3) },
  ResponseOp: { range: one("RangeResponse", 1) },
  Compare: { result: choice(1), target: choice(2), key: text(3), modRevision: int(6) },
  TxnRequest: { compare: many("Compare", 1), success: many("RequestOp", 2), failure: many("RequestOp", 3) },
  TxnResponse: { header: one("Header", 1), succeeded: flag(2), responses: many("ResponseOp", 3) },
  CompactionRequest: { revision: int(1) },
  CompactionResponse: { header: one("Header", 1) },
  WatchRequest: { create: one("WatchCreateRequest", 1) },
  WatchCreateRequest: {
    key: text(1),
    rangeEnd: text(2),
    startRevision: int(3),
    previous: flag(6),
    fragment: flag(8),
  },
  Event: { type: choice(1), kv: one("KeyValue", 2), previous: one("KeyValue", 3) },
  WatchResponse: {
    header: one("Header", 1),
    created: flag(3),
    canceled: flag(4),
    compactRevision: int(5),
    cancelReason: text(6),
    fragment: flag(7),
    events: many("Event", 11),
  },
  StatusRequest: {},
  StatusResponse: { header: one("Header", 1), version: text(2), dbSize: int(3) },
};

/** `Compare` as this engine uses it: the key's mod-revision equals the given one. */
export const EQUAL = 0;
export const MOD = 2;
/** `Event.type`. */
export const DELETE = 1;

export interface WireHeader {
  readonly revision: Int;
}

export interface WireItem {
  readonly key: string;
  readonly createRevision: Int;
  readonly modRevision: Int;
  readonly version: Int;
  readonly value: string;
}

export interface RangeRequest {
  readonly key: string;
  readonly rangeEnd?: string;
  readonly limit?: number;
  readonly revision?: number;
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
}

export interface RangeResponse {
  readonly header: WireHeader;
  readonly kvs: readonly WireItem[];
  readonly more: boolean;
  readonly count: Int;
}

export interface RequestOp {
  readonly range?: RangeRequest;
  readonly put?: { readonly key: string; readonly value: string };
  readonly deleteRange?: { readonly key: string };
}

export interface TxnRequest {
  readonly compare?: readonly {
    readonly result: number;
    readonly target: number;
    readonly key: string;
    readonly modRevision: number;
  }[];
  readonly success?: readonly RequestOp[];
  readonly failure?: readonly RequestOp[];
}

export interface TxnResponse {
  readonly header: WireHeader;
  readonly succeeded: boolean;
  readonly responses: readonly { readonly range: RangeResponse }[];
}

export interface WatchRequest {
  readonly create: {
    readonly key: string;
    readonly rangeEnd?: string;
    readonly startRevision: number;
    readonly previous?: boolean;
    readonly fragment?: boolean;
  };
}

export interface WireEvent {
  readonly type: number;
  readonly kv: WireItem;
  readonly previous: WireItem | null;
}

export interface WatchResponse {
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compactRevision: Int;
  readonly cancelReason: string;
  /** More of the same response follows. */
  readonly fragment: boolean;
  readonly events: readonly WireEvent[];
}

export const RANGE: Method<RangeRequest, RangeResponse> = {
  path: "/etcdserverpb.KV/Range",
  request: "RangeRequest",
  response: "RangeResponse",
};
export const TXN: Method<TxnRequest, TxnResponse> = {
  path: "/etcdserverpb.KV/Txn",
  request: "TxnRequest",
  response: "TxnResponse",
};
export const COMPACT: Method<{ revision: number }, { header: WireHeader }> = {
  path: "/etcdserverpb.KV/Compact",
  request: "CompactionRequest",
  response: "CompactionResponse",
};
export const WATCH: Method<WatchRequest, WatchResponse> = {
  path: "/etcdserverpb.Watch/Watch",
  request: "WatchRequest",
  response: "WatchResponse",
};
export const STATUS: Method<Record<string, never>, { version: string; dbSize: Int }> = {
  path: "/etcdserverpb.Maintenance/Status",
  request: "StatusRequest",
  response: "StatusResponse",
};

/** What is counted of the calls: their methods' names. */
export const QUERY_NAMES: readonly string[] = [RANGE, TXN, COMPACT, STATUS].map(queryName);

/** `Range` of `/etcdserverpb.KV/Range`. */
export function queryName({ path }: { readonly path: string }): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

const root = protobuf.Root.fromJSON(descriptorOf({ ...MESSAGES, ...CLUSTER_MESSAGES }));

/** The functions that grpc-js wants with each call. */
export function serializers<Request, Response>({ request, response }: Method<Request, Response>) {
  return {
    serialize: codecOf<Request>(root, request).encode,
    deserialize: codecOf<Response>(root, response).decode,
  };
}
