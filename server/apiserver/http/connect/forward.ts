import type { IncomingMessage } from "node:http";
import http from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import { badRequest, internal, StatusError, unexpectedResponse } from "../../../../api/status.ts";
import type { Call } from "../call.ts";
import { type Backend, forwardedHeaders, unreachable } from "./backend.ts";
import { dial } from "./dial.ts";

export interface ForwardOptions {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** The caller's headers and body go along. */
  readonly whole: boolean;
  /** A refusal of the backend becomes a Status. */
  readonly statusOfRefusal: boolean;
}

/** Longer messages of a backend that refuses are cut. */
const MESSAGE_LIMIT = 2048;

/** Sends a request on and its answer back, both as streams, neither faster than the other end takes it. */
export async function forward(call: Call, backend: Backend, options: ForwardOptions): Promise<void> {
  const { response } = call;
  const answer = await requestTo(call, backend, options);
  const code = answer.statusCode ?? 502;
  if (options.statusOfRefusal && code >= 400) throw await refusalOf(answer, code);
  const headers = Object.fromEntries(forwardedHeaders(answer.headers));
  if (!options.whole) delete headers["content-length"];
  response.writeHead(code, headers);
  (response as { flushHeaders?: () => void }).flushHeaders?.();
  const ended = Promise.withResolvers<void>();
  const gone = () => {
    answer.destroy();
    ended.resolve();
  };
  response.once("close", gone);
  answer.on("data", (chunk: Uint8Array) => {
    if (response.write(chunk)) return;
    answer.pause();
    response.once("drain", () => answer.resume());
  });
  answer.on("end", () => {
    response.end();
    ended.resolve();
  });
  // Without its end the client must not take the answer for complete.
  answer.on("error", () => response.destroy());
  answer.on("close", () => answer.complete ? ended.resolve() : response.destroy());
  await ended.promise;
  response.off("close", gone);
}

async function requestTo(call: Call, backend: Backend, options: ForwardOptions): Promise<IncomingMessage> {
  const socket = await dial(backend, call.signal);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = options.whole ? Object.fromEntries(forwardedHeaders(call.request.headers)) : {};
  const module = backend.tls ? https : http;
  const agent = new module.Agent();
  // The one connection there is; made beforehand, since a TLS socket is to be guarded before anything is read from it.
  agent.createConnection = () => socket as Socket;
  const request = module.request({
    host: backend.host,
    port: backend.port,
    method: options.method,
    path: options.path,
    headers,
    agent,
  }, resolve);
  request.on("error", (error: Error) => reject(unreachable(backend, error)));
  request.once("close", () => socket.destroy());
  call.response.once("close", () => {
    if (!call.response.writableEnded) request.destroy();
  });
  if (options.whole) {
    call.request.on("data", (chunk: Uint8Array) => {
      if (request.write(chunk)) return;
      call.request.pause();
      request.once("drain", () => call.request.resume());
    });
    call.request.on("end", () => request.end());
  } else {
    request.end();
  }
  return await promise;
}

async function refusalOf(answer: IncomingMessage, code: number): Promise<StatusError> {
  let text = "";
  for await (const chunk of answer) {
    text += chunk.toString();
    if (text.length >= MESSAGE_LIMIT) break;
  }
  return refusal(code, text);
}

/** A node's agent says in plain text why it refuses. */
export function refusal(code: number, text: string): StatusError {
  const said = text.trim().slice(0, MESSAGE_LIMIT);
  // The agent refuses the API server's own certificate: nothing that the caller could mend.
  if (code === 401 || code === 403) return internal(`the node refused this server: ${said}`);
  if (code === 400) return badRequest(said);
  if (code === 404 && said !== "") {
    return new StatusError({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: said,
      reason: "NotFound",
      code,
    });
  }
  return unexpectedResponse(code, said);
}
