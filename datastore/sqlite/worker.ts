/// <reference lib="deno.worker" />
/**
 * The entry of the thread that owns the file. Requests are answered in the order they came, one at a time, and nothing here waits: a slow
 * disk stops this thread only.
 */
import { QueryCounts } from "../mvcc/query_counts.ts";
import { QUERY_NAMES } from "./query_names.ts";
import { SqliteEngine } from "./engine.ts";
import { datastoreError } from "./errors.ts";
import type { OpenArgument, WorkerReply, WorkerRequest } from "./worker_protocol.ts";

let engine: SqliteEngine | undefined;
let path = "";

function answer({ call, argument }: WorkerRequest): unknown {
  if (call === "open") {
    const open = argument as OpenArgument;
    path = open.path;
    engine = new SqliteEngine(path, new QueryCounts(QUERY_NAMES, open.counts));
    return engine.position();
  }
  engine!.lookAgain();
  if (call !== "commit") engine!.prepare();
  return (engine![call] as (argument: unknown) => unknown).call(engine, argument);
}

function outcome(request: WorkerRequest) {
  try {
    return { ok: true, result: answer(request) } as const;
  } catch (error) {
    const { reason, message } = datastoreError(error, path);
    return { ok: false, reason, message } as const;
  }
}

self.onmessage = ({ data }: MessageEvent<WorkerRequest>) => {
  self.postMessage({ id: data.id, ...outcome(data), slow: engine?.takeSlow() ?? [] } satisfies WorkerReply);
  engine?.tidy();
};
