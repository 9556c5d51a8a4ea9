import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { serviceUnavailable, StatusError, timeout, unexpectedResponse } from "../api/status.ts";
import type { Status } from "../api/types/meta_v1.ts";
import { Patience } from "./patience.ts";

/** How to reach an API server and who to be there. */
export interface HttpsOptions {
  /** `https://10.0.0.1:6443`; plain `http:` for servers on the loopback that ask for nothing. */
  readonly server: string;
  /** PEM of the authorities that may have signed the server's certificate; the system's when absent. */
  readonly ca?: string;
  /** Takes any certificate. Only for users who ask for it. */
  readonly insecureSkipTlsVerify?: boolean;
  /** The name to look for in the certificate, when it is not the host in `server`. */
  readonly tlsServerName?: string;
  /** PEM of a client certificate, with `key`. */
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
  /** Read again every minute, as bound tokens are renewed in place. */
  readonly tokenFile?: string;
  /** What follows `skiff/VERSION` in the user agent: `agent`. */
  readonly userAgent?: string;
  /** Milliseconds for a whole request, watches aside; 60,000 when absent. */
  readonly timeout?: number;
  /** Bytes of an answer, or of one event of a watch; 256 MiB when absent. */
  readonly maxAnswer?: number;
}

/** Where requests go, and as whom, when both change as time goes by. Asked before each request. */
export interface ConnectionSource {
  /** The same object as long as nothing has changed. Once `server` is another, what still runs on the former one is cut. */
  current(): Connection;
  /** No answer came from this server. */
  failed(server: string): void;
}

export type Connection = Pick<HttpsOptions, "server" | "ca" | "cert" | "key" | "token">;

export interface HttpCall {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the answer is complete; for a watch, until the server has ended it. */
  readonly timeout?: number;
}

const defaultTimeout = 60_000;
const defaultMaxAnswer = 256 * 1024 * 1024;
const tokenLifetime = 60_000;

/** One server with its kept connections and running requests. */
interface Peer {
  readonly connection: Connection;
  readonly url: URL;
  readonly agent: HttpAgent;
  readonly running: Set<ClientRequest | IncomingMessage>;
}

/** Requests over kept connections. HTTP/1.1: one request at a time on a connection, so that no answer waits behind another. */
export class HttpsTransport {
  readonly #options: HttpsOptions;
  readonly #source: ConnectionSource | undefined;
  readonly #headers: Readonly<Record<string, string>>;
  #peer: Peer;
  /** Peers that something still runs on. */
  readonly #former = new Set<Peer>();
  #token: { text: string; readAt: number } | undefined;

  /** Throws a TypeError for a `server` that is no http or https URL. */
  constructor(options: HttpsOptions & { readonly source?: ConnectionSource }) {
    this.#options = options;
    this.#source = options.source;
    this.#peer = peerOf(options.source?.current() ?? options, options);
    this.#headers = {
      accept: "application/json",
      "user-agent": `skiff/${options.userAgent ?? "client"}`,
    };
  }

  /** The body of a successful answer. Rejects with a StatusError for any other, and when there is none. */
  async json(call: HttpCall): Promise<unknown> {
    const answer = await this.open(call);
    return answer.json();
  }

  /** The answer as soon as its head is there and says success; its body is still to be read. */
  async open(call: HttpCall): Promise<Answer> {
    call.signal?.throwIfAborted();
    const peer = this.#current();
    const request = this.#request(call, peer, await this.#authorization(peer));
    const patience = new Patience();
    const giveUp = (error: Error) => {
      request.destroy(error);
      patience.end(error);
    };
    const deadline = setTimeout(
      () => giveUp(timeout(`no answer from ${peer.url.host} in time`)),
      call.timeout ?? this.#options.timeout ?? defaultTimeout,
    );
    const onAbort = () => giveUp(new Error("the request was aborted"));
    call.signal?.addEventListener("abort", onAbort, { once: true });
    const release = () => {
      clearTimeout(deadline);
      call.signal?.removeEventListener("abort", onAbort);
    };
    try {
      const message = await patience.wait(this.#answer(request, call.body));
      const answer = new Answer(
        message,
        patience,
        this.#options.maxAnswer ?? defaultMaxAnswer,
        (error) => this.#failure(error, call, peer),
        release,
      );
      if ((message.statusCode ?? 0) >= 200 && (message.statusCode ?? 0) < 300) return answer;
      throw await answer.error();
    } catch (error) {
      release();
      throw this.#failure(error, call, peer);
    }
  }

  close(): void {
    for (const { agent } of [this.#peer, ...this.#former]) agent.destroy();
  }

  /** The peer of the moment. What runs on former ones is cut once the server is another, else it may come to its end. */
  #current(): Peer {
    const connection = this.#source?.current() ?? this.#peer.connection;
    if (connection === this.#peer.connection) return this.#peer;
    this.#former.add(this.#peer);
    this.#peer = peerOf(connection, this.#options);
    const moved = new Error(`left for ${this.#peer.url.host}`);
    for (const former of this.#former) {
      if (former.connection.server !== connection.server) { for (const work of former.running) work.destroy(moved); }
      this.#leave(former);
    }
    return this.#peer;
  }

  #leave(peer: Peer): void {
    if (!this.#former.has(peer) || peer.running.size > 0) return;
    this.#former.delete(peer);
    peer.agent.destroy();
  }

  #request(call: HttpCall, peer: Peer, authorization: Record<string, string>): ClientRequest {
    const { protocol, hostname, port, pathname } = peer.url;
    const body = call.body === undefined ? {} : {
      "content-type": call.contentType ?? "application/json",
      "content-length": String(new TextEncoder().encode(call.body).length),
    };
    const base = pathname.replace(/\/$/, "");
    const request = (protocol === "http:" ? httpRequest : httpsRequest)({
      protocol,
      hostname: hostname.replace(/^\[|\]$/g, ""),
      port: port || (protocol === "http:" ? 80 : 443),
      path: base + call.path,
      method: call.method,
      agent: peer.agent,
      headers: { ...this.#headers, ...authorization, ...body },
    });
    this.#running(peer, request);
    // Deno (2.9.5) sends a request again when a kept connection ends before the answer, even one that was given up: a write would happen twice.
    if (call.method !== "GET") request.once("socket", () => request.reusedSocket = false);
    // Of a request that was answered it is the answer that has to be cut.
    request.once("response", (answer: IncomingMessage) => this.#running(peer, answer));
    return request;
  }

  #running(peer: Peer, work: ClientRequest | IncomingMessage): void {
    peer.running.add(work);
    work.once("close", () => {
      peer.running.delete(work);
      this.#leave(peer);
    });
  }

  #answer(request: ClientRequest, body: string | undefined): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      request.once("response", resolve);
      request.once("error", reject);
      // A destroyed request need not say so by an error.
      request.once("close", () => reject(new Error("the connection was closed before the answer")));
      request.end(body);
    });
  }

  async #authorization({ connection: { token } }: Peer): Promise<Record<string, string>> {
    const { tokenFile } = this.#options;
    if (tokenFile === undefined) return token === undefined ? {} : { authorization: `Bearer ${token}` };
    if (this.#token === undefined || Date.now() - this.#token.readAt > tokenLifetime) {
      try {
        this.#token = { text: (await Deno.readTextFile(tokenFile)).trim(), readAt: Date.now() };
      } catch (cause) {
        throw new TypeError(`the token file ${tokenFile} cannot be read: ${(cause as Error).message}`, { cause });
      }
    }
    return { authorization: `Bearer ${this.#token.text}` };
  }

  #failure(error: unknown, call: HttpCall, { connection, url }: Peer): unknown {
    if (call.signal?.aborted) return call.signal.reason;
    const isAnswer = error instanceof StatusError && error.status.reason !== "Timeout";
    if (!isAnswer && !(error instanceof TypeError)) this.#source?.failed(connection.server);
    if (error instanceof StatusError || error instanceof TypeError) return error;
    const { message } = error as Error;
    const failure = serviceUnavailable(`${call.method} ${url.origin}${call.path}: ${message}`);
    return new StatusError(failure.status, { cause: error });
  }
}

/** An answer whose body is read once. */
export class Answer {
  readonly #message: IncomingMessage;
  readonly #patience: Patience;
  readonly #limit: number;
  readonly #failure: (error: unknown) => unknown;
  readonly #release: () => void;

  constructor(
    message: IncomingMessage,
    patience: Patience,
    limit: number,
    failure: (error: unknown) => unknown,
    release: () => void,
  ) {
    this.#message = message;
    this.#patience = patience;
    this.#limit = limit;
    this.#failure = failure;
    this.#release = release;
  }

  /** The server's time as it answered, in milliseconds since the epoch, to the second; undefined when it did not tell. */
  get date(): number | undefined {
    const date = Date.parse(this.#message.headers.date ?? "");
    return Number.isNaN(date) ? undefined : date;
  }

  async json(): Promise<unknown> {
    const text = await this.#text();
    try {
      return JSON.parse(text);
    } catch (cause) {
      const failure = serviceUnavailable(`the server's answer is no JSON: ${text.slice(0, 200)}`);
      throw new StatusError(failure.status, { cause });
    }
  }

  /** The answer as an error: the server's own Status, or one made of the HTTP code. */
  async error(): Promise<StatusError> {
    const text = await this.#text();
    const code = this.#message.statusCode ?? 0;
    const status = parseStatus(text);
    return status === undefined
      ? unexpectedResponse(code, text, Number(this.#message.headers["retry-after"] ?? 0) || 0)
      : new StatusError(status);
  }

  /** The lines of the body, as they come. Leaving the iteration closes the connection. */
  async *lines(): AsyncGenerator<string> {
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for await (const chunk of this.#chunks()) {
        rest += decoder.decode(chunk, { stream: true });
        const lines = rest.split("\n");
        rest = lines.pop() ?? "";
        if (rest.length > this.#limit) throw new Error(`an event is longer than ${this.#limit} bytes`);
        yield* lines;
      }
      if (rest !== "") yield rest;
    } catch (error) {
      throw this.#failure(error);
    } finally {
      this.#message.destroy();
      this.#release();
    }
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    const chunks = this.#message[Symbol.asyncIterator]();
    for (;;) {
      const { done, value } = await this.#patience.wait(chunks.next());
      if (done) return;
      yield value as Uint8Array;
    }
  }

  async #text(): Promise<string> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    try {
      for await (const chunk of this.#chunks()) {
        length += chunk.length;
        if (length > this.#limit) throw new Error(`the answer is longer than ${this.#limit} bytes`);
        chunks.push(chunk);
      }
    } catch (error) {
      this.#message.destroy();
      throw this.#failure(error);
    } finally {
      this.#release();
    }
    const decoder = new TextDecoder();
    return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode();
  }
}

function parseStatus(text: string): Status | undefined {
  try {
    const parsed = JSON.parse(text);
    return parsed?.kind === "Status" ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function peerOf(connection: Connection, { tlsServerName, insecureSkipTlsVerify }: HttpsOptions): Peer {
  const url = serverUrl(connection.server);
  const kept = { keepAlive: true, keepAliveMsecs: 30_000, maxFreeSockets: 8, scheduling: "lifo" } as const;
  const { ca, cert, key } = connection;
  const agent = url.protocol === "http:" ? new HttpAgent(kept) : new HttpsAgent({
    ...kept,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
    ...(insecureSkipTlsVerify ? { rejectUnauthorized: false } : {}),
  });
  return { connection, url, agent, running: new Set() };
}

function serverUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new TypeError(`${JSON.stringify(text)} is no server URL such as https://10.0.0.1:6443`);
  }
  return url;
}
