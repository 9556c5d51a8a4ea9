import type { Buffer } from "node:buffer";
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import type { Duplex, Readable } from "node:stream";

/** What the two protocols' requests have in common, as far as it is used here. */
export interface HttpRequest extends Readable {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly httpVersionMajor: number;
  readonly complete?: boolean;
}

/** What the two protocols' responses have in common, as far as it is used here. */
export interface HttpResponse {
  readonly headersSent: boolean;
  readonly writableLength: number;
  readonly writableEnded: boolean;
  readonly destroyed?: boolean;
  /** Of whatever is answered; {@linkcode HttpResponse.writeHead} adds to them. */
  setHeader(name: string, value: string): unknown;
  writeHead(code: number, headers?: OutgoingHttpHeaders): unknown;
  /** False: wait for `drain`. */
  write(chunk: string | Uint8Array): boolean;
  end(chunk?: string | Uint8Array): unknown;
  destroy(error?: Error): unknown;
  on(event: "close" | "drain" | "error", listener: (error?: Error) => void): unknown;
  once(event: "close" | "drain" | "error", listener: (error?: Error) => void): unknown;
  off(event: "close" | "drain" | "error", listener: (error?: Error) => void): unknown;
}

/** One request, with the connection it came over. */
export interface Exchange {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly peer: Peer;
  /** For a request to switch protocols, which only HTTP/1.1 has here. */
  readonly upgrade?: Upgrade;
}

/** The chance to take the connection itself instead of answering. */
export interface Upgrade {
  /** What came behind the request's headers already. */
  readonly head: Buffer;
  /** The response is void from then on, and the connection the taker's. */
  take(): Duplex;
}

/** Who is at the other end of one TLS connection. */
export interface Peer {
  readonly address: string;
  /** DER of the certificate it showed, which nobody has verified yet; the TLS handshake proved that it holds the key. */
  readonly certificate: Uint8Array | undefined;
}
