import type { ServerResponse } from "node:http";
import type { KubeletContext } from "./context.ts";
import { HttpError } from "./http_error.ts";
import { logQuery } from "./log_query.ts";
import { readLogs } from "./logs/read_logs.ts";
import type { Route } from "./route.ts";
import { whenEnded } from "./when_ended.ts";

type LogRoute = Extract<Route, { kind: "logs" }>;

/** Streams a container's log. Throws an {@linkcode HttpError} before the first byte. */
export async function serveLogs(
  { namespace, pod, container }: LogRoute,
  query: URLSearchParams,
  response: ServerResponse,
  { pods, runtime, clock, signal }: KubeletContext,
): Promise<void> {
  const wanted = logQuery(query, clock.now());
  if (!pods.pod(namespace, pod)) throw new HttpError(404, `pod "${pod}" does not exist in namespace "${namespace}"`);
  const id = pods.containerId(namespace, pod, container, wanted.previous);
  const path = pods.logPath(namespace, pod, container, wanted.previous);
  if (id === undefined || path === undefined) {
    const which = wanted.previous ? "previous terminated container" : "container";
    const why = wanted.previous ? "not found" : "is waiting to start or does not exist";
    throw new HttpError(400, `${which} "${container}" in pod "${pod}" ${why}`);
  }
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const reading = AbortSignal.any([gone.signal, signal]);
  const { follow, previous: _, ...filter } = wanted;
  const ended = follow ? whenEnded(runtime, id, clock, reading) : undefined;
  ended?.catch(() => {});
  const chunks = readLogs({
    ...filter,
    path,
    signal: reading,
    ...(ended ? { follow: { ended, clock } } : {}),
  });
  try {
    const first = await firstChunk(chunks, follow);
    response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
    response.flushHeaders();
    if (first) await write(response, first, reading);
    for await (const chunk of chunks) await write(response, chunk, reading);
    response.end();
  } finally {
    gone.abort();
  }
}

/** A missing file is told as an error as long as the answer has not begun; what is followed may be silent for long. */
async function firstChunk(chunks: AsyncGenerator<Uint8Array>, follow: boolean): Promise<Uint8Array | undefined> {
  if (follow) return undefined;
  try {
    return (await chunks.next()).value as Uint8Array | undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function write(response: ServerResponse, chunk: Uint8Array, signal: AbortSignal): Promise<void> {
  if (signal.aborted || response.write(chunk)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      response.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    response.once("drain", done);
    signal.addEventListener("abort", done, { once: true });
  });
}
