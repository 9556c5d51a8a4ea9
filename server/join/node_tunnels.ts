import { getLogger } from "@logtape/logtape";
import type { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import type { WebSocketServer } from "ws";
import { type Clock, systemClock } from "../../api/clock.ts";
import { badRequest, forbidden, methodNotAllowed } from "../../api/status.ts";
import { MAX_MESSAGE } from "../../client/tunnel/frames.ts";
import type { Multiplexer } from "../../client/tunnel/multiplexer.ts";
import { TUNNEL_PROTOCOL, type TunnelSocket, webSocketTunnel } from "../../client/tunnel/web_socket_tunnel.ts";
import { nodeNameOf } from "../apiserver/auth/node/node_identity.ts";
import type { NodeDialer } from "../apiserver/http/connect/backend.ts";
import type { PathRoute } from "../apiserver/http/handler.ts";

/** A node that knows this server by several addresses has one for each; of more, and of those that it has forgotten, the oldest go. */
const MAX_TUNNELS_OF_NODE = 8;

const logger = getLogger(["skiff", "server", "tunnels"]);

/** The connections that nodes keep open to this server, so that it reaches their agents where no connection leads to them. */
export class NodeTunnels implements NodeDialer {
  readonly #clock: Clock;
  /** The newest last. */
  readonly #tunnels = new Map<string, Multiplexer[]>();
  readonly #sockets = new Set<TunnelSocket>();
  #acceptor: WebSocketServer | undefined;

  constructor(clock: Clock = systemClock({ background: true })) {
    this.#clock = clock;
  }

  dialerOf(node: string): (() => Duplex) | undefined {
    const tunnel = this.#tunnels.get(node)?.at(-1);
    return tunnel && (() => tunnel.open());
  }

  /** Takes a node's connection: for the node alone that the client's certificate names. */
  readonly route: PathRoute = async (call) => {
    if (call.info.verb !== "get") throw methodNotAllowed();
    const node = nodeNameOf(call.user);
    if (node === undefined) {
      throw forbidden({ group: "", resource: "nodes" }, "", `user ${JSON.stringify(call.user.name)} is no node`);
    }
    const { upgrade, request } = call;
    if (upgrade === undefined || request.headers.upgrade?.toLowerCase() !== "websocket") {
      throw badRequest("Upgrade to a WebSocket required");
    }
    this.#acceptor ??= await newAcceptor();
    this.#acceptor.handleUpgrade(request, upgrade.take(), upgrade.head as Buffer, (socket: TunnelSocket) => {
      this.#add(node, socket);
    });
  };

  /** Ends all of them. */
  close(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  #add(node: string, socket: TunnelSocket): void {
    this.#sockets.add(socket);
    const tunnel = webSocketTunnel(socket, {
      clock: this.#clock,
      onClose: (error) => {
        this.#sockets.delete(socket);
        this.#remove(node, tunnel);
        logger.debug("a tunnel of node {node} has ended: {error}", { node, error: error.message });
      },
    });
    const tunnels = [...this.#tunnels.get(node) ?? [], tunnel];
    for (const old of tunnels.splice(0, Math.max(tunnels.length - MAX_TUNNELS_OF_NODE, 0))) old.close();
    this.#tunnels.set(node, tunnels);
    logger.debug("node {node} has opened a tunnel", { node });
  }

  #remove(node: string, tunnel: Multiplexer): void {
    const left = this.#tunnels.get(node)?.filter((one) => one !== tunnel) ?? [];
    if (left.length === 0) this.#tunnels.delete(node);
    else this.#tunnels.set(node, left);
  }
}

/** Loaded with the first node: a cluster of one has none. */
async function newAcceptor(): Promise<WebSocketServer> {
  const { WebSocketServer } = await import("ws");
  return new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_MESSAGE,
    perMessageDeflate: false,
    handleProtocols: (offered: ReadonlySet<string>) => offered.has(TUNNEL_PROTOCOL) ? TUNNEL_PROTOCOL : false,
  });
}
