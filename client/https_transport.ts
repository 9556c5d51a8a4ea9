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

/** Requests over kept connections. HTTP/1.1: one request at a time on a connection, so that no answer waits behind another. */
export class HttpsTransport {
  readonly #options: HttpsOptions;
  readonly #url: URL;
  readonly #agent: HttpAgent;
  readonly #headers: Readonly<Record<string, string>>;
  #token: { text: string; readAt: number } | undefined;

  /** Throws a TypeError for a `server` that is no http or https URL. */
  constructor(options: HttpsOptions) {
    this.#options = options;
    this.#url = serverUrl(options.server);
    const kept = { keepAlive: true, keepAliveMsecs: 30_000, maxFreeSockets: 8, scheduling: "lifo" } as const;
    const { ca, cert, key, tlsServerName } = options;
    this.#agent = this.#url.protocol === "http:" ? new HttpAgent(kept) : new HttpsAgent({
      ...kept,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
      ...(options.insecureSkipTlsVerify ? { rejectUnauthorized: false } : {}),
    });
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
    const request = this.#request(call, await this.#authorization());
    const patience = new Patience();
    const giveUp = (error: Error) => {
      request.destroy(error);
      patience.end(error);
    };
    const deadline = setTimeout(
      () => giveUp(timeout(`no answer from ${this.#url.host} in time`)),
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
        (error) => this.#failure(error, call),
        release,
      );
      if ((message.statusCode ?? 0) >= 200 && (message.statusCode ?? 0) < 300) return answer;
      throw await answer.error();
    } catch (error) {
      release();
      throw this.#failure(error, call);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #request(call: HttpCall, authorization: Record<string, string>): ClientRequest {
    const { protocol, hostname, port, pathname } = this.#url;
    const body = call.body === undefined ? {} : {
      "content-type": call.contentType ?? "application/json",
      "content-length": String(new TextEncoder().encode(call.body).length),
    };
    const base = pathname.replace(/\/$/, "");
    return (protocol === "http:" ? httpRequest : httpsRequest)({
      protocol,
      hostname: hostname.replace(/^\[|\]$/g, ""),
      port: port || (protocol === "http:" ? 80 : 443),
      path: base + call.path,
      method: call.method,
      agent: this.#agent,
      headers: { ...this.#headers, ...authorization, ...body },
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

  async #authorization(): Promise<Record<string, string>> {
    const { token, tokenFile } = this.#options;
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

  #failure(error: unknown, call: HttpCall): unknown {
    if (call.signal?.aborted) return call.signal.reason;
    if (error instanceof StatusError || error instanceof TypeError) return error;
    const { message } = error as Error;
    const failure = serviceUnavailable(`${call.method} ${this.#url.origin}${call.path}: ${message}`);
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

function serverUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new TypeError(`${JSON.stringify(text)} is no server URL such as https://10.0.0.1:6443`);
  }
  return url;
}
