/**
 * Load over mutual TLS, written by hand: h2load shows no client certificate, and a load generator with a whole HTTP library in it would be what
 * is measured. It takes a third of what the server takes.
 */
import { Buffer } from "node:buffer";
import tls from "node:tls";

export interface Target {
  readonly port: number;
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

export interface Load {
  readonly connections: number;
  /** Requests of one connection at once; HTTP/1.1 has one. */
  readonly streams: number;
  readonly requests: number;
}

export interface Request {
  /** HTTP/2 has the first two alone. */
  readonly method: "GET" | "POST" | "PUT" | "PATCH";
  readonly path: string;
  readonly body?: string;
  /** `application/json` unless told otherwise; HTTP/2 has no other. */
  readonly type?: string;
}

export interface LoadResult {
  /** Requests a second. */
  readonly rate: number;
  /** Milliseconds from a request to the end of its answer. */
  readonly p50: number;
  readonly p99: number;
}

/** Any answer but a success is an error. */
export async function load(
  target: Target,
  { connections, streams, requests }: Load,
  next: (i: number) => Request,
): Promise<LoadResult> {
  let sent = 0;
  const times = new Float64Array(requests);
  const take = (): Taken | undefined => {
    if (sent >= requests) return undefined;
    const i = sent++;
    const begin = performance.now();
    return { request: next(i), done: () => void (times[i] = performance.now() - begin) };
  };
  const speak = streams > 1 ? http2 : http1;
  const open = await Promise.all(
    Array.from({ length: connections }, () => connect(target, streams > 1 ? "h2" : "http/1.1")),
  );
  const begin = performance.now();
  await Promise.all(open.map((socket) => speak(socket, streams, take)));
  const seconds = (performance.now() - begin) / 1000;
  for (const socket of open) socket.destroy();
  times.sort();
  const at = (share: number) => times[Math.min(requests - 1, Math.floor(requests * share))]!;
  return { rate: requests / seconds, p50: at(0.5), p99: at(0.99) };
}

interface Taken {
  readonly request: Request;
  /** Its answer is complete. */
  done(): void;
}

type Take = () => Taken | undefined;

function connect({ port, ca, certificate, key }: Target, protocol: string): Promise<tls.TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<tls.TLSSocket>();
  const options = { port, host: "127.0.0.1", ca, cert: certificate, key, ALPNProtocols: [protocol] };
  const socket = tls.connect(options, () => resolve(socket));
  socket.on("error", reject);
  return promise;
}

function http1(socket: tls.TLSSocket, _streams: number, take: Take): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let waiting: Buffer = Buffer.alloc(0);
  let running: Taken | undefined;
  const ask = () => {
    running = take();
    if (running === undefined) return resolve();
    const { method, path, body = "", type = "application/json" } = running.request;
    const headers = body ? `Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` : "";
    socket.write(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n${body}`);
  };
  socket.on("data", (chunk: Buffer) => {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
    const end = waiting.indexOf("\r\n\r\n");
    if (end < 0) return;
    const head = waiting.toString("latin1", 0, end);
    if (!head.startsWith("HTTP/1.1 2")) return reject(new Error(waiting.toString().slice(0, 500)));
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    if (waiting.length < end + 4 + length) return;
    waiting = Buffer.alloc(0);
    running?.done();
    ask();
  });
  socket.on("close", () => reject(new Error("the server closed a connection")));
  ask();
  return promise;
}

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const WINDOW = 0x7fffffff - 65535;

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A literal in HPACK that goes into no table; lengths below 127 by the callers' choice of paths. */
function literal(name: number, value: string): Buffer {
  return Buffer.concat([Buffer.from([name, Buffer.byteLength(value)]), Buffer.from(value)]);
}

function http2(socket: tls.TLSSocket, streams: number, take: Take): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const window = Buffer.alloc(4);
  window.writeUInt32BE(WINDOW);
  let stream = -1;
  const running = new Map<number, Taken>();
  const ask = (): Buffer[] => {
    const taken = take();
    if (taken === undefined) return [];
    stream += 2;
    running.set(stream, taken);
    const { method, path, body } = taken.request;
    // :method, :scheme https, :path, :authority, content-type by their places in the static table.
    const block = Buffer.concat([
      Buffer.from([method === "GET" ? 0x82 : 0x83, 0x87]),
      literal(0x04, path),
      literal(0x01, "localhost"),
      ...(body ? [Buffer.from([0x0f, 0x10]), literal(0, "application/json").subarray(1)] : []),
    ]);
    const headers = frame(1, body ? 4 : 5, stream, block);
    return body ? [headers, frame(0, 1, stream, Buffer.from(body))] : [headers];
  };
  let waiting: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
    const out: Buffer[] = [];
    let at = 0;
    while (waiting.length >= at + 9) {
      const length = waiting.readUIntBE(at, 3);
      if (waiting.length < at + 9 + length) break;
      const [type, flags] = [waiting[at + 3]!, waiting[at + 4]!];
      // :status 200 and 201 have forms of their own in the server's HPACK: anything that refuses ends in an error's text.
      if (type === 7 || type === 3) return reject(new Error("the server gave up on a stream or a connection"));
      if (type === 0 && waiting.subarray(at + 9, at + 29).includes('{"kind":"Status"')) {
        return reject(new Error(waiting.toString("utf8", at + 9, at + 9 + length).slice(0, 500)));
      }
      if (type === 4 && (flags & 1) === 0) out.push(frame(4, 1, 0, Buffer.alloc(0)));
      if (type <= 1 && (flags & 1) === 1) {
        const ended = waiting.readUInt32BE(at + 5) & 0x7fffffff;
        running.get(ended)?.done();
        running.delete(ended);
        out.push(...ask());
      }
      at += 9 + length;
    }
    waiting = waiting.subarray(at);
    if (out.length > 0) socket.write(Buffer.concat(out));
    if (running.size === 0) resolve();
  });
  socket.on("close", () => reject(new Error("the server closed a connection")));
  const first = Array.from({ length: streams }, ask).flat();
  const settings = frame(4, 0, 0, Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff]));
  socket.write(Buffer.concat([preface, settings, frame(8, 0, 0, window), ...first]));
  if (running.size === 0) resolve();
  return promise;
}
