import "../../fixtures/http2_guard.ts";
import { Buffer } from "node:buffer";
import http2 from "node:http2";
import tls from "node:tls";
import { guardTlsSocket } from "../../../client/tls_guard.ts";
import type { ConnectOptions } from "../../fixtures/short_client.ts";
import type { HostileRequest } from "./requests.ts";
import { framingNames } from "./texts.ts";

/** What came back; 0 when the connection was closed instead of an answer. */
export interface HostileAnswer {
  readonly code: number;
  /** Of an answer that is an error of the server's. */
  readonly text: string;
}

export interface Sender extends Disposable {
  /** How many requests it takes at a time. */
  readonly width: number;
  send(request: HostileRequest): Promise<HostileAnswer>;
}

/** For an answer, however the other requests fare. */
const PATIENCE = 30_000;
/** For one that says to be longer than it is, and is waited for by the server. */
const FRAMING_PATIENCE = 500;
const nothing: HostileAnswer = { code: 0, text: "" };

/** Many requests at a time on one HTTP/2 connection, made anew when the server has had enough of it. */
export function http2Sender({ port, ca, cert, key }: ConnectOptions, width = 24): Sender {
  let session: http2.ClientHttp2Session | undefined;
  const connected = () => {
    if (session === undefined || session.closed || session.destroyed) {
      session = http2.connect(`https://127.0.0.1:${port}`, { ca, ...(cert && key ? { cert, key } : {}) });
      session.on("error", () => {});
    }
    return session;
  };
  return {
    width,
    send({ method, path, headers, body }) {
      const { promise, resolve } = Promise.withResolvers<HostileAnswer>();
      const fields: http2.OutgoingHttpHeaders = { ":method": method, ":path": path };
      for (const [name, value] of headers) fields[name] = value;
      let stream: http2.ClientHttp2Stream;
      try {
        stream = connected().request(fields, { endStream: body.length === 0 });
      } catch {
        // The client's own library will not send it: HTTP/1.1 does.
        resolve(nothing);
        return promise;
      }
      const timer = setTimeout(() => finish({ code: -1, text: "no answer" }), PATIENCE);
      let code = 0;
      let text = "";
      const finish = (answer: HostileAnswer) => {
        clearTimeout(timer);
        resolve(answer);
        stream.close();
      };
      stream.on("response", (answer) => {
        code = Number(answer[":status"]);
        // What is no error need not be read.
        if (code < 500) finish({ code, text });
      });
      stream.on("data", (chunk: Uint8Array) => text += Buffer.from(chunk).toString("utf8"));
      stream.on("end", () => finish({ code, text }));
      stream.on("close", () => finish(code === 0 ? nothing : { code, text }));
      stream.on("error", () => finish(code === 0 ? nothing : { code, text }));
      if (body.length > 0) stream.end(body);
      return promise;
    },
    [Symbol.dispose]: () => session?.destroy(),
  };
}

/**
 * One HTTP/1.1 connection, written by hand so that nothing corrects what is sent, several requests ahead of their answers. Watches, which have no
 * end, go by `http2`: each would take a connection of its own.
 */
export function http1Sender(options: ConnectOptions, http2: Sender): Sender {
  let pipe: Pipe | undefined;
  return {
    width: 6,
    async send(request) {
      if (request.path.includes("watch")) return await http2.send(request);
      if (takesConnection(request)) {
        // What has another length than it says, or changes the protocol, would keep the others behind it waiting.
        const own = await Pipe.connect(options, nothing, FRAMING_PATIENCE);
        const answer = await own.send(request, true);
        own.destroy();
        return answer;
      }
      if (pipe === undefined || pipe.closed) {
        pipe = await Pipe.connect(options, { code: -1, text: "no answer" }, PATIENCE);
      }
      return await pipe.send(request);
    },
    [Symbol.dispose]: () => pipe?.destroy(),
  };
}

function takesConnection({ headers }: HostileRequest): boolean {
  return headers.some(([name]) => framingNames.has(name));
}

interface Waiting {
  readonly method: string;
  /** The head of the answer says enough. */
  readonly headOnly: boolean;
  readonly resolve: (answer: HostileAnswer) => void;
}

class Pipe {
  readonly #socket: tls.TLSSocket;
  readonly #waiting: Waiting[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  readonly #patience: number;
  closed = false;

  readonly #late: () => void;

  private constructor(socket: tls.TLSSocket, late: HostileAnswer, patience: number) {
    this.#socket = socket;
    this.#patience = patience;
    this.#late = () => this.destroy(late);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("close", () => this.destroy());
    socket.on("error", () => this.destroy());
  }

  /** Those that wait for longer than `patience` are told `late`. */
  static async connect(
    { port, ca, cert, key }: ConnectOptions,
    late: HostileAnswer,
    patience: number,
  ): Promise<Pipe> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const certificate = cert && key ? { cert, key } : {};
    const socket = tls.connect({ host: "127.0.0.1", port, ca, ...certificate, ALPNProtocols: ["http/1.1"] }, resolve);
    socket.once("error", reject);
    await promise;
    guardTlsSocket(socket);
    return new Pipe(socket, late, patience);
  }

  send({ method, path, headers, body }: HostileRequest, headOnly = false): Promise<HostileAnswer> {
    const { promise, resolve } = Promise.withResolvers<HostileAnswer>();
    const timer = setTimeout(this.#late, this.#patience);
    this.#waiting.push({
      method,
      headOnly,
      resolve(answer) {
        clearTimeout(timer);
        resolve(answer);
      },
    });
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const length = body.length > 0 || method !== "GET" ? `content-length: ${body.length}\r\n` : "";
    this.#socket.write(
      Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\nhost: x\r\n${lines}${length}\r\n`, "utf8"), body]),
    );
    return promise;
  }

  /** Those who wait are told that nothing came. */
  destroy(answer = nothing): void {
    this.closed = true;
    for (const { resolve } of this.#waiting.splice(0)) resolve(answer);
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    while (this.#waiting.length > 0 && this.#take());
  }

  /** One answer from the front; false when it is not whole yet. */
  #take(): boolean {
    const end = this.#bytes.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const head = this.#bytes.subarray(0, end).toString("latin1");
    const code = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
    const { method, headOnly } = this.#waiting[0]!;
    const bodiless = method === "HEAD" || code === 204 || code === 304 || (headOnly && code < 500);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? -1);
    let after = end + 4;
    if (!bodiless) after = length >= 0 ? after + length : endOfChunks(this.#bytes, after);
    if (after < 0 || this.#bytes.length < after) return false;
    const text = code >= 500 ? this.#bytes.subarray(end + 4, after).toString("utf8") : "";
    this.#bytes = this.#bytes.subarray(after);
    this.#waiting.shift()!.resolve({ code, text });
    return true;
  }
}

/** Behind the last chunk; -1 while it is not there. */
function endOfChunks(bytes: Buffer, from: number): number {
  for (let at = from;;) {
    const line = bytes.indexOf("\r\n", at);
    if (line < 0) return -1;
    const size = parseInt(bytes.subarray(at, line).toString("latin1"), 16);
    if (Number.isNaN(size)) return -1;
    at = line + 2 + size + 2;
    if (at > bytes.length) return -1;
    if (size === 0) return at;
  }
}
