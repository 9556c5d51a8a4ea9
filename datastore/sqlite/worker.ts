/// <reference lib="deno.worker" />
/**
 * The entry of the thread that owns the file. Requests are answered in the order they came, one at a time, and nothing here waits: a slow
 * disk stops this thread only.
 */
import { SqliteEngine } from "./engine.ts";
import { datastoreError } from "./errors.ts";
import type { WorkerReply, WorkerRequest } from "./worker_protocol.ts";

let engine: SqliteEngine | undefined;
let path = "";

function answer({ call, argument }: WorkerRequest): unknown {
  if (call === "open") {
    path = argument as string;
    engine = new SqliteEngine(path);
    return engine.position();
  }
  engine!.prepare();
  return (engine![call] as (argument: unknown) => unknown).call(engine, argument);
}

self.onmessage = ({ data }: MessageEvent<WorkerRequest>) => {
  const start = performance.now();
  let reply: WorkerReply;
  try {
    reply = { id: data.id, ok: true, result: answer(data), milliseconds: performance.now() - start };
  } catch (error) {
    const { reason, message } = datastoreError(error, path);
    reply = { id: data.id, ok: false, reason, message };
  }
  self.postMessage(reply);
};
