import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import type { Clock } from "../../api/clock.ts";
import { IdleGuard } from "../idle_guard.ts";
import { Multiplexer } from "./multiplexer.ts";

/** What is used of a `WebSocket` of the package ws, which has no types of its own. */
export interface TunnelSocket {
  readonly readyState: number;
  readonly OPEN: number;
  send(data: Uint8Array): void;
  ping(): void;
  terminate(): void;
  on(event: "message", listener: (data: Uint8Array) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  on(event: "ping" | "pong", listener: () => void): void;
  once(event: "close", listener: () => void): void;
}

export interface WebSocketTunnelOptions {
  readonly clock: Clock;
  /** What the other end opens; without it this end is the one that opens. */
  readonly accept?: (stream: Duplex) => void;
  /** Called once, when the tunnel is no more. */
  readonly onClose: (error: Error) => void;
}

/** The WebSocket's subprotocol. */
export const TUNNEL_PROTOCOL = "v1.tunnel.skiff";
/** The accepting end, a node, says so often that it is there; both take the other for gone after so much silence. In milliseconds. */
const PING_EVERY = 20_000;
const SILENCE = 50_000;

/** Puts a tunnel on a WebSocket that is open. An end that does not keep to the protocol, or is silent for long, is cut off. */
export function webSocketTunnel(socket: TunnelSocket, { clock, accept, onClose }: WebSocketTunnelOptions): Multiplexer {
  let reason = new Error("the tunnel's connection was closed");
  const cut = (error: Error) => {
    reason = error;
    socket.terminate();
  };
  const tunnel = new Multiplexer({
    send: (message) => {
      if (socket.readyState === socket.OPEN) socket.send(message);
    },
    ...accept && { accept },
  });
  const guard = new IdleGuard(clock, SILENCE, () => cut(new Error("the other end of the tunnel is silent")));
  let cancelPing = () => {};
  const pingLater = () => {
    cancelPing = clock.after(PING_EVERY, () => {
      if (socket.readyState === socket.OPEN) socket.ping();
      pingLater();
    });
  };
  if (accept) pingLater();
  socket.on("error", (error) => reason = error);
  socket.on("ping", () => guard.touch());
  socket.on("pong", () => guard.touch());
  socket.on("message", (data) => {
    guard.touch();
    try {
      tunnel.receive(Buffer.isBuffer(data) ? data : new Uint8Array(data));
    } catch (error) {
      cut(error as Error);
    }
  });
  socket.once("close", () => {
    guard.stop();
    cancelPing();
    tunnel.close(reason);
    onClose(reason);
  });
  return tunnel;
}
