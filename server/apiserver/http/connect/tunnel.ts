import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import { systemClock } from "../../../../api/clock.ts";
import { badRequest, internal } from "../../../../api/status.ts";
import { joinStreams } from "../../../../client/join_streams.ts";
import { writeFrameByFrame } from "../../../../client/web_socket_frames.ts";
import type { Call } from "../call.ts";
import { type Backend, forwardedHeaders } from "./backend.ts";
import { dial, DIAL_MILLISECONDS } from "./dial.ts";
import { refusal } from "./forward.ts";

const HEAD_LIMIT = 32 * 1024;
const BODY_LIMIT = 2048;
/** Of silence, both ways: a node's agent ends such a stream itself, other backends may have been forgotten. */
const IDLE_MILLISECONDS = 4 * 3_600_000;

const clock = systemClock({ background: true });

/**
 * Leads a request to switch protocols on to a backend, and once that has agreed joins the two connections: raw bytes both ways, each end no faster
 * than the other, one direction's end leaving the other open. Any other answer becomes an error, and nothing more goes
 * through: behind a refusal the caller could otherwise speak to the backend in this server's name.
 */
export async function tunnel(call: Call, backend: Backend, path: string): Promise<void> {
  const { upgrade, request } = call;
  if (upgrade === undefined) throw badRequest("Upgrade request required");
  const socket = await dial(backend, call.signal);
  const headers = forwardedHeaders(request.headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.write(
    `${request.method} ${path} HTTP/1.1\r\nHost: ${
      hostHeader(backend)
    }\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n${headers}\r\n`,
  );
  const cut = () => socket.destroy();
  call.signal.addEventListener("abort", cut, { once: true });
  let answer: Answer;
  try {
    answer = await readAnswer(socket);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    call.signal.removeEventListener("abort", cut);
  }
  if (answer.code !== 101) {
    socket.destroy();
    throw refusal(answer.code, answer.rest.toString("utf8"));
  }
  const client = upgrade.take();
  client.write(answer.head);
  if (/^websocket$/i.test(String(request.headers.upgrade))) writeFrameByFrame(client);
  if (answer.rest.length > 0) client.write(answer.rest);
  if (upgrade.head.length > 0) socket.write(upgrade.head);
  await joinStreams(client, socket, { clock, idleTimeout: IDLE_MILLISECONDS });
}

function hostHeader({ host, port }: Backend): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
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
