import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { Clock } from "../../../api/clock.ts";
import { type Peered, PeerWatch } from "../../../client/peer_watch.ts";

/** What is used of a `WebSocket` of the package ws, which has no types of its own. */
export interface WebSocket {
  readonly readyState: number;
  readonly OPEN: number;
  /** The subprotocol both sides agreed on. */
  readonly protocol: string;
  send(data: Uint8Array, done?: (error?: Error) => void): void;
  pause(): void;
  resume(): void;
  close(code?: number, reason?: string): void;
  ping(): void;
  terminate(): void;
  on(event: "message", listener: (data: unknown) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  once(event: "close", listener: () => void): void;
}

const LARGEST_MESSAGE = 16 * 1024 * 1024;
/** How long a slow client may take for what was sent before the end, in milliseconds. */
const CLOSE_TIMEOUT = 300_000;

/**
 * Completes a WebSocket handshake with the first of `protocols` that the client offers. Undefined when it offers none of them or the handshake is
 * wrong; the client then has had its answer. A client that goes while it is paused is noticed all the same.
 */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  protocols: readonly string[],
  clock: Clock,
): Promise<WebSocket | undefined> {
  const offered = new Set(
    String(request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim()),
  );
  const chosen = protocols.find((protocol) => offered.has(protocol));
  if (chosen === undefined) {
    const message = `none of the WebSocket protocols offered is known; these are: ${protocols.join(", ")}\n`;
    socket.end(
      `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: ${message.length}\r\n\r\n${message}`,
    );
    return Promise.resolve(undefined);
  }
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: LARGEST_MESSAGE,
    perMessageDeflate: false,
    closeTimeout: CLOSE_TIMEOUT,
    handleProtocols: () => chosen,
  });
  return new Promise((resolve) => {
    server.handleUpgrade(request, socket, head, (accepted: WebSocket) => {
      const watch = new PeerWatch(clock, socket as Peered, {
        isHeld: () => socket.isPaused(),
        onGone: () => accepted.terminate(),
        probe: () => accepted.ping(),
      });
      socket.on("pause", () => watch.held());
      socket.once("close", () => watch.stop());
      resolve(accepted);
    });
    socket.once("close", () => resolve(undefined));
  });
}
