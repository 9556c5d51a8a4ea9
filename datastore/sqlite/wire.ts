import type { Operation } from "../contract.ts";

/** An operation as it crosses to the worker: key, value (null for a deletion), expected revision (-1 for none). */
export type WireOperation = readonly [string, string | null, number];

export function toWire(operation: Operation): WireOperation {
  return [operation.key, operation.kind === "put" ? operation.value : null, operation.expect ?? -1];
}

export function fromWire([key, value, expect]: WireOperation): Operation {
  const condition = expect === -1 ? {} : { expect };
  return value === null ? { kind: "delete", key, ...condition } : { kind: "put", key, value, ...condition };
}
