import type { Conflict, DatastoreReason, KeyValue, Operation } from "../contract.ts";
import type { SqliteEngine } from "./engine.ts";

/** An operation as it crosses to the worker: key, value (null for a deletion), expected revision (-1 for none). */
export type WireOperation = readonly [string, string | null, number];

export function toWire(operation: Operation): WireOperation {
  return [operation.key, operation.kind === "put" ? operation.value : null, operation.expect ?? -1];
}

export function fromWire([key, value, expect]: WireOperation): Operation {
  const condition = expect === -1 ? {} : { expect };
  return value === null ? { kind: "delete", key, ...condition } : { kind: "put", key, value, ...condition };
}

/** What became of one commit. Keys and values are not sent back: who sent them has them. */
export type CommitReply =
  | { readonly kind: "done"; readonly revision: number; readonly effects: readonly Effect[] }
  | { readonly kind: "conflict"; readonly revision: number; readonly conflicts: readonly Conflict[] }
  | { readonly kind: "failed"; readonly reason: DatastoreReason; readonly message: string };

/** One change that a commit made: which of its operations, creation revision, version, and the value before if it was wanted. */
export type Effect = readonly [number, number, number, KeyValue | undefined];

/** The calls that the worker answers. */
export type WorkerCalls = Omit<SqliteEngine, "path">;
export type WorkerCall = keyof WorkerCalls;

export interface WorkerRequest {
  readonly id: number;
  readonly call: WorkerCall | "open";
  readonly argument: unknown;
}

export type WorkerReply =
  | { readonly id: number; readonly ok: true; readonly result: unknown; readonly milliseconds: number }
  | { readonly id: number; readonly ok: false; readonly reason: DatastoreReason; readonly message: string };
