import {
  type CommitResult,
  type Conflict,
  DatastoreError,
  type DatastoreReason,
  type KeyValue,
  type Operation,
  type WatchEvent,
} from "../contract.ts";
import { storeBatch, type StoredBatch } from "./history.ts";

/** What became of one commit. Keys and values are not sent back: who sent them has them. */
export type CommitReply =
  | { readonly kind: "done"; readonly revision: number; readonly effects: readonly Effect[] }
  | { readonly kind: "conflict"; readonly revision: number; readonly conflicts: readonly Conflict[] }
  | { readonly kind: "failed"; readonly reason: DatastoreReason; readonly message: string };

/** One change that a commit made: which of its operations, creation revision, version, and the value before if it was wanted. */
export type Effect = readonly [number, number, number, KeyValue | undefined];

export interface FinishedCommit {
  readonly operations: readonly Operation[];
  readonly reply: CommitReply;
  /** Whether the reply has the values before. */
  readonly hasPrevious: boolean;
}

/** What the watchers are told of the commit; undefined when it changed nothing. */
export function batchOf({ operations, reply, hasPrevious }: FinishedCommit): StoredBatch | undefined {
  if (reply.kind !== "done" || reply.effects.length === 0) return undefined;
  const { revision } = reply;
  const events = reply.effects.map(([index, createRevision, version]): WatchEvent => {
    const operation = operations[index]!;
    const { key } = operation;
    if (operation.kind === "delete") return { kind: "delete", key, revision };
    return { kind: "put", item: { key, value: operation.value, createRevision, modRevision: revision, version } };
  });
  return storeBatch(revision, events, hasPrevious ? reply.effects.map(([, , , was]) => was) : undefined);
}

/** What the caller is told; throws what made the commit fail. */
export function resultOf(reply: CommitReply): CommitResult {
  if (reply.kind === "failed") throw new DatastoreError(reply.reason, reply.message);
  const { revision } = reply;
  return reply.kind === "conflict" ? { ok: false, revision, conflicts: reply.conflicts } : { ok: true, revision };
}
