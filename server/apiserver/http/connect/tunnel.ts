import { Buffer } from "node:buffer";
import net from "node:net";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import { guardTlsSocket } from "../../../../client/tls_guard.ts";
import { badRequest, internal } from "../../../../api/status.ts";
import type { Call } from "../call.ts";
import { type Backend, forwardedHeaders, unreachable } from "./backend.ts";
import { refusal } from "./forward.ts";

const HEAD_LIMIT = 32 * 1024;
const BODY_LIMIT = 2048;
const DIAL_MILLISECONDS = 30_000;

/**
 * Leads a request to switch protocols on to a backend, and once that has agreed joins the two connections: raw bytes both ways, each end no faster
 * than the other, one direction's end leaving the other open. Any other answer becomes an error, and nothing more goes
 * through: behind a refusal the caller could otherwise speak to the backend in this server's name.
 */
export async function tunnel(call: Call, backend: Backend, path: string): Promise<void> {
  const { upgrade, request } = call;
  if (upgrade === undefined) throw badRequest("Upgrade request required");
  const socket = await dial(call, backend);
  const headers = forwardedHeaders(request.headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.write(
    `${request.method} ${path} HTTP/1.1\r\nHost: ${
      hostHeader(backend)
    }\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n${headers}\r\n`,
  );
  let answer: Answer;
  try {
    answer = await readAnswer(socket);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  if (answer.code !== 101) {
    socket.destroy();
    throw refusal(answer.code, answer.rest.toString("utf8"));
  }
  await join(upgrade.take(), socket, upgrade.head, answer);
}

function hostHeader({ host, port }: Backend): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function dial(call: Call, backend: Backend): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const { host, port } = backend;
  const options = { host, port, allowHalfOpen: true };
  const socket: net.Socket = backend.tls
    ? tls.connect({ ...options, ...backend.tls, ALPNProtocols: ["http/1.1"] }, () => {
      guardTlsSocket(socket as tls.TLSSocket);
      resolve(socket);
    })
    : net.connect(options, () => resolve(socket));
  const timer = setTimeout(() => socket.destroy(new Error("timed out")), DIAL_MILLISECONDS);
  socket.on("error", (error) => reject(unreachable(backend, error)));
  socket.once("close", () => reject(unreachable(backend, new Error("connection closed"))));
  call.signal.addEventListener("abort", () => socket.destroy(), { once: true });
  return promise.finally(() => clearTimeout(timer));
}

interface Answer {
  readonly code: number;
  /** The status line and headers as they came, with the empty line. */
  readonly head: Buffer;
  /** What came behind them already: of a refusal its text. */
  readonly rest: Buffer;
}

function readAnswer(socket: Duplex): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  let bytes = Buffer.alloc(0);
  const timer = setTimeout(() => reject(internal("the node did not answer in time")), DIAL_MILLISECONDS);
  const onData = (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    const end = bytes.indexOf("\r\n\r\n");
    if (end < 0) {
      if (bytes.length > HEAD_LIMIT) finish(undefined);
      return;
    }
    const answer = answerOf(bytes, end + 4);
    if (answer === undefined || answer.code === 101 || isComplete(answer)) finish(answer);
  };
  const onEnd = () => {
    const end = bytes.indexOf("\r\n\r\n");
    finish(end < 0 ? undefined : answerOf(bytes, end + 4));
  };
  const finish = (answer: Answer | undefined) => {
    clearTimeout(timer);
    socket.pause();
    socket.off("data", onData);
    socket.off("end", onEnd);
    socket.off("close", onEnd);
    if (answer === undefined) reject(internal("the node answered with something that is not HTTP"));
    else resolve(answer);
  };
  socket.on("data", onData);
  socket.on("end", onEnd);
  socket.on("close", onEnd);
  return promise;
}

function answerOf(bytes: Buffer, end: number): Answer | undefined {
  const match = /^HTTP\/1\.[01] (\d{3})[ \r]/.exec(bytes.subarray(0, 16).toString("latin1"));
  return match ? { code: Number(match[1]), head: bytes.subarray(0, end), rest: bytes.subarray(end) } : undefined;
}

function isComplete({ head, rest }: Answer): boolean {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head.toString("latin1"))?.[1];
  return rest.length >= Math.min(BODY_LIMIT, length === undefined ? Infinity : Number(length));
}

/** Resolves when both directions have ended. */
function join(client: Duplex, backend: Duplex, head: Buffer, answer: Answer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let open = 2;
  const closed = () => {
    if (--open === 0) resolve();
  };
  // One that breaks takes the other with it; one that ends in order only ends its direction.
  client.once("close", () => {
    if (!client.readableEnded || !backend.writableEnded) backend.destroy();
    closed();
  });
  backend.once("close", () => {
    if (!backend.readableEnded || !client.writableEnded) client.destroy();
    closed();
  });
  client.write(answer.head);
  if (answer.rest.length > 0) client.write(answer.rest);
  if (head.length > 0) backend.write(head);
  client.pipe(backend);
  backend.pipe(client);
  return promise;
}
