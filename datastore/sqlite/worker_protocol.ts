import type { DatastoreReason } from "../contract.ts";
import type { SlowQuery } from "./database.ts";
import type { SqliteEngine } from "./engine.ts";

/** The calls that the worker answers. */
export type WorkerCalls = Omit<SqliteEngine, "path" | "lookAgain" | "prepare" | "tidy" | "takeSlow">;
export type WorkerCall = keyof WorkerCalls;

export interface WorkerRequest {
  readonly id: number;
  readonly call: WorkerCall | "open";
  readonly argument: unknown;
}

/** What `open` needs: the file, and where the queries are counted. */
export interface OpenArgument {
  readonly path: string;
  readonly counts: ArrayBufferLike;
}

/** `slow` are queries that took long. */
export type WorkerReply =
  & { readonly id: number; readonly slow: readonly SlowQuery[] }
  & (
    | { readonly ok: true; readonly result: unknown }
    | { readonly ok: false; readonly reason: DatastoreReason; readonly message: string }
  );
