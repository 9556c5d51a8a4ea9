import { getLogger } from "@logtape/logtape";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { WebSocket } from "ws";
import type { Clock } from "../../api/clock.ts";
import type { Connection } from "../../client/https_transport.ts";
import { joinStreams } from "../../client/join_streams.ts";
import { NODE_TUNNEL_PATH } from "../../client/node_config.ts";
import { pause } from "../../client/pause.ts";
import type { ServerPool } from "../../client/server_pool.ts";
import { TcpConnection } from "../../client/tcp_connection.ts";
import { guardTlsSocket } from "../../client/tls_guard.ts";
import { MAX_MESSAGE } from "../../client/tunnel/frames.ts";
import { TUNNEL_PROTOCOL, type TunnelSocket, webSocketTunnel } from "../../client/tunnel/web_socket_tunnel.ts";

export interface TunnelsOptions {
  readonly servers: ServerPool;
  /** How to be known to a server; asked anew for each connection. */
  readonly connectionTo: (server: string) => Connection;
  /** Of the node's own API, on this machine: the only place that tunnels lead to. */
  readonly port: number;
  readonly clock: Clock;
  readonly random?: () => number;
  readonly signal: AbortSignal;
}

const logger = getLogger(["skiff", "agent", "tunnel"]);
const HANDSHAKE = 10_000;
const DIAL = 10_000;
/** As exec and logs have it themselves. */
const IDLE = 4 * 3_600_000;
const firstRetry = 500;
const lastRetry = 30_000;

/**
 * Keeps a connection open to every server, by which that reaches this node's API: no port of the node need be open to anybody. Resolves when the signal
 * has aborted and all are closed; never rejects.
 */
export async function keepTunnels(options: TunnelsOptions): Promise<void> {
  const { servers, signal } = options;
  const kept = new Map<string, { readonly stop: AbortController; readonly ended: Promise<void> }>();
  const follow = () => {
    for (const [server, { stop }] of kept) {
      if (servers.servers.includes(server)) continue;
      stop.abort(new Error("no server any more"));
      kept.delete(server);
    }
    for (const server of servers.servers) {
      if (kept.has(server)) continue;
      const stop = new AbortController();
      kept.set(server, { stop, ended: keepTunnel(server, options, AbortSignal.any([signal, stop.signal])) });
    }
  };
  const unfollow = servers.onChange(follow);
  follow();
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  unfollow();
  await Promise.all([...kept.values()].map(({ ended }) => ended));
}

async function keepTunnel(server: string, options: TunnelsOptions, signal: AbortSignal): Promise<void> {
  const { clock, servers, random = Math.random } = options;
  let delay = firstRetry;
  while (!signal.aborted) {
    const { opened, error } = await runTunnel(server, options, signal);
    if (signal.aborted) return;
    servers.failed(server);
    delay = opened ? firstRetry : Math.min(delay * 2, lastRetry);
    logger.debug("the tunnel to {server} has ended: {error}", { server, error: error.message });
    await pause(clock, delay * (0.5 + random()), signal).catch(() => {});
  }
}

/** One connection from its opening to its end; whether it ever was open. */
function runTunnel(
  server: string,
  { connectionTo, clock, port }: TunnelsOptions,
  signal: AbortSignal,
): Promise<{ readonly opened: boolean; readonly error: Error }> {
  const { ca, cert, key } = connectionTo(server);
  const url = `${server.replace(/^https/, "wss")}${NODE_TUNNEL_PATH}`;
  return new Promise((resolve) => {
    const socket = new WebSocket(url, [TUNNEL_PROTOCOL], {
      ca,
      cert,
      key,
      handshakeTimeout: HANDSHAKE,
      maxPayload: MAX_MESSAGE,
      perMessageDeflate: false,
    }) as TunnelSocket & { readonly _socket: TLSSocket; once(event: "open", listener: () => void): void };
    const stop = () => socket.terminate();
    signal.addEventListener("abort", stop, { once: true });
    let opened = false;
    let failure = new Error("closed");
    socket.on("error", (error) => failure = error);
    socket.once("open", () => {
      opened = true;
      guardTlsSocket(socket._socket);
      logger.info("tunnel to {server} is open", { server });
      webSocketTunnel(socket, {
        clock,
        accept: (stream) => void leadOn(stream, port, clock),
        onClose: (error) => failure = error,
      });
    });
    socket.once("close", () => {
      signal.removeEventListener("abort", stop);
      resolve({ opened, error: failure });
    });
  });
}

async function leadOn(stream: Duplex, port: number, clock: Clock): Promise<void> {
  try {
    const connection = await TcpConnection.connect("127.0.0.1", port, AbortSignal.timeout(DIAL));
    await joinStreams(stream, connection, { clock, idleTimeout: IDLE });
  } catch (error) {
    logger.warn("the server's connection could not be led on to port {port}: {error}", { port, error });
    stream.destroy();
  }
}
