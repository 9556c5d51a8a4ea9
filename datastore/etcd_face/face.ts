import type { Clock } from "../clock.ts";
import type { Datastore, KeyValue } from "../contract.ts";
import { EtcdError } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { keyBytes } from "./keys.ts";
import type { LeaseBook } from "./leases.ts";
import type { Header, WireItem } from "./messages.ts";
import { valueOf } from "./values.ts";

/** What every verb works on. */
export interface Face {
  readonly datastore: Datastore;
  /** Nobody else writes to the datastore: then transactions may rest on keys that they only read. */
  readonly exclusive: boolean;
  /** Writes that rest on nothing but the keys they write run beside each other; the others alone. */
  readonly gate: Gate;
  readonly leases: LeaseBook;
  readonly clock: Clock;
  /** Where clients reach this face, as URLs. */
  readonly clientUrls: readonly string[];
  /** Milliseconds between the progress notifications that a watch has asked for. */
  readonly progressInterval: number;
}

/** One member, which always leads. */
export const MEMBER_ID = 1;
export const RAFT_TERM = 1;
const CLUSTER_ID = 1;

export function header(revision: number): Header {
  return { clusterId: CLUSTER_ID, memberId: MEMBER_ID, revision, raftTerm: RAFT_TERM };
}

export function wireItem({ key, value, createRevision, modRevision, version }: KeyValue): Required<WireItem> {
  const { bytes, lease } = valueOf(value);
  return { key: keyBytes(key), createRevision, modRevision, version, value: bytes, lease };
}

export function unimplemented(what: string, why: string): EtcdError {
  return new EtcdError("unimplemented", `${what} is not supported here: ${why}`);
}
