import type { DatastoreReason } from "../contract.ts";
import type { SqliteEngine } from "./engine.ts";

/** The calls that the worker answers. */
export type WorkerCalls = Omit<SqliteEngine, "path" | "prepare">;
export type WorkerCall = keyof WorkerCalls;

export interface WorkerRequest {
  readonly id: number;
  readonly call: WorkerCall | "open";
  readonly argument: unknown;
}

export type WorkerReply =
  | { readonly id: number; readonly ok: true; readonly result: unknown; readonly milliseconds: number }
  | { readonly id: number; readonly ok: false; readonly reason: DatastoreReason; readonly message: string };
