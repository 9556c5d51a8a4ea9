import { getLogger } from "@logtape/logtape";
import type { Buffer } from "node:buffer";
import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import http2 from "node:http2";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { installHttp2Guard } from "../../../client/http2_guard.ts";
import { guardTlsSocket } from "../../../client/tls_guard.ts";
import { type Connection, ConnectionTable, type IdleLimits } from "./connections.ts";
import { SocketResponse } from "./socket_response.ts";
import type { Exchange, HttpRequest, HttpResponse } from "./message.ts";

const log = getLogger(["skiff", "apiserver", "listener"]);

export interface ListenerOptions {
  /** Default: all addresses. */
  readonly address?: string;
  /** 0: any free one. */
  readonly port: number;
  readonly tls: { readonly certificate: string; readonly key: string; readonly clientCa: string };
  /** Must answer, and never throw. */
  readonly onRequest: (exchange: Exchange) => void;
  /** No HTTP/2 at all, should its implementation misbehave. */
  readonly http1Only?: boolean;
  readonly limits?: Partial<ListenerLimits>;
}

export interface ListenerLimits extends IdleLimits {
  readonly connections: number;
  /** Of one HTTP/2 connection at once. */
  readonly concurrentStreams: number;
  /** Of all headers of an HTTP/2 request together; Deno's HTTP/1.1 has 16 KiB built in. */
  readonly headerBytes: number;
  readonly handshakeMilliseconds: number;
}

const defaultLimits: ListenerLimits = {
  connections: 10_000,
  concurrentStreams: 250,
  headerBytes: 65_536,
  handshakeMilliseconds: 10_000,
  firstRequestMilliseconds: 32_000,
  idleMilliseconds: 180_000,
};

/** For connections that have been cut to be gone. */
const CLOSE_MILLISECONDS = 2_000;

export interface Listener {
  readonly port: number;
  /** Connections from now on are shown this one (PEM), and asked for one of these authorities'. */
  setCertificate(tls: ListenerOptions["tls"]): void;
  /** Takes no further connections, and cuts the present ones. */
  close(): Promise<void>;
}

/** One TLS port for HTTP/2 and HTTP/1.1. Client certificates are asked for, not checked: that is for the authenticator. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const limits = { ...defaultLimits, ...options.limits };
  const tls = {
    cert: options.tls.certificate,
    key: options.tls.key,
    ca: options.tls.clientCa,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
    handshakeTimeout: limits.handshakeMilliseconds,
  } as const;
  installHttp2Guard();
  const server = options.http1Only ? https.createServer(tls) : http2.createSecureServer({
    ...tls,
    allowHTTP1: true,
    settings: {
      maxConcurrentStreams: limits.concurrentStreams,
      maxHeaderListSize: limits.headerBytes,
      initialWindowSize: 1 << 20,
    },
  });
  const connections = new ConnectionTable(limits);
  const open = new Set<Socket>();
  const connectionOf = (request: IncomingMessage & WithSession): Connection => {
    const session = request.stream?.session;
    const socket = (session?.socket ?? request.socket) as TLSSocket;
    return connections.of(session ?? socket, socket);
  };

  server.on("connection", (socket: Socket) => {
    socket.on("error", () => {});
    if (open.size >= limits.connections) {
      log.warn("connection refused: {limit} are open", { limit: limits.connections });
      socket.destroy();
      return;
    }
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  server.on("secureConnection", (socket: TLSSocket) => {
    if (socket.alpnProtocol === "h2") return;
    guardTlsSocket(socket);
    connections.of(socket, socket);
  });
  server.on("session", (session: http2.ServerHttp2Session) => {
    connections.of(session, session.socket as TLSSocket);
  });
  server.on("tlsClientError", (error: Error) => log.debug("TLS handshake failed: {error}", { error }));
  server.on("sessionError", (error: Error) => log.debug("HTTP/2 connection failed: {error}", { error }));
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    // Without listeners the loss of a connection would end the process.
    request.on("error", () => {});
    response.on("error", () => {});
    const connection = connectionOf(request);
    connection.begin();
    response.on("close", () => connection.end());
    tellWhenDestroyed(response);
    options.onRequest({ request: request as HttpRequest, response: response as HttpResponse, peer: connection.peer });
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => {});
    // One direction's end is not the other's: a client that has sent its input still waits for the output.
    socket.allowHalfOpen = true;
    const connection = connections.of(socket as TLSSocket, socket as TLSSocket);
    connection.begin();
    const response = new SocketResponse(socket);
    const upgrade = { head, take: () => response.release() };
    options.onRequest({ request: request as HttpRequest, response, peer: connection.peer, upgrade });
  });

  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ port: options.port, host: options.address ?? "::" }, resolve);
  await promise;
  server.off("error", reject);
  server.on("error", (error: Error) => log.error("the listener failed: {error}", { error }));
  return {
    port: (server.address() as AddressInfo).port,
    setCertificate({ certificate, key, clientCa }) {
      (server as https.Server).setSecureContext({ ...tls, cert: certificate, key, ca: clientCa });
    },
    close() {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      connections.close();
      for (const socket of open) socket.destroy();
      // A connection that broke at an unlucky moment may be counted for ever, though its socket is gone.
      const timer = setTimeout(resolve, CLOSE_MILLISECONDS);
      return promise.finally(() => clearTimeout(timer));
    },
  };
}

/**
 * HTTP/2's response does not say that it is closed, and whoever asks too late for the event would wait for ever: a watch whose client has left while it was being
 * set up.
 */
function tellWhenDestroyed(response: ServerResponse): void {
  if ("destroyed" in response) return;
  let destroyed = false;
  (response as EventEmitter).once("close", () => destroyed = true);
  Object.defineProperty(response, "destroyed", { get: () => destroyed });
}

interface WithSession {
  readonly stream?: { readonly session?: http2.ServerHttp2Session };
}
