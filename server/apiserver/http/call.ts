import type { RequestContext, UserInfo } from "../contract.ts";
import type { Exchange, HttpRequest, HttpResponse, Peer, Upgrade } from "./message.ts";
import { Query } from "./query.ts";
import type { RequestInfo } from "./request_info.ts";

/** One request on its way through the server, from its headers to its answer. */
export class Call implements RequestContext {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly peer: Peer;
  readonly upgrade: Upgrade | undefined;
  readonly info: RequestInfo;
  readonly user: UserInfo;
  #warnings: string[] | undefined;
  #query: Query | undefined;
  #abort: AbortController | undefined;

  constructor(exchange: Exchange, info: RequestInfo, user: UserInfo) {
    this.request = exchange.request;
    this.response = exchange.response;
    this.peer = exchange.peer;
    this.upgrade = exchange.upgrade;
    this.info = info;
    this.user = user;
  }

  get warnings(): readonly string[] {
    return this.#warnings ?? [];
  }

  warn(message: string): void {
    if (this.#warnings?.includes(message)) return;
    (this.#warnings ??= []).push(message);
  }

  get query(): Query {
    return this.#query ??= new Query(this.info.query);
  }

  /** Aborts when the client has gone; made when first asked for, since most requests end before anyone could. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = this.#abort = new AbortController();
      if (this.response.destroyed) abort.abort();
      else this.response.once("close", () => abort.abort());
    }
    return this.#abort.signal;
  }
}
