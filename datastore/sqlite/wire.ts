import type { DatastoreReason, Operation } from "../contract.ts";
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
