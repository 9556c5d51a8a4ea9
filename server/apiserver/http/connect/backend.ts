import type { Duplex } from "node:stream";
import type { Pki } from "../../../pki/pki.ts";
import { internal, serviceUnavailable } from "../../../../api/status.ts";
import type { Node } from "../../../../api/types/core_v1.ts";
import { isTokenProtocol } from "../../auth/bearer_tokens.ts";

/** Where a request is led on to. */
export interface Backend {
  readonly host: string;
  readonly port: number;
  /** Undefined: plain HTTP. */
  readonly tls: BackendTls | undefined;
  /** For messages: `node edge-1`. */
  readonly label: string;
  /** A connection that leads there already, instead of one to `host` and `port`. Throws when there can be no more of them. */
  readonly dial?: () => Duplex;
}

/** The connections that nodes have opened to this server. */
export interface NodeDialer {
  /** How to reach the API of the node's agent through its own connection; undefined when it has none. */
  dialerOf(node: string): (() => Duplex) | undefined;
}

export interface BackendTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** The name that the backend's certificate must have. */
  readonly servername?: string;
  /** False where the certificate is the user's own affair. */
  readonly rejectUnauthorized: boolean;
}

const AGENT_PORT = 10250;
const addressTypes = ["InternalIP", "ExternalIP", "InternalDNS", "ExternalDNS", "Hostname"];

/**
 * A node's agent, which must show the node's own certificate, and is shown ours. Through the connection that it has opened, if there is one: a node behind another's address
 * cannot be reached otherwise.
 */
export function agentOf(node: Node, pki: Pick<Pki, "clusterCa" | "kubeletClient">, nodes?: NodeDialer): Backend {
  const name = node.metadata.name ?? "";
  const dial = nodes?.dialerOf(name);
  const addresses = node.status?.addresses ?? [];
  const address = addressTypes.map((type) => addresses.find((a) => a.type === type)).find((a) => a !== undefined);
  if (address === undefined) throw serviceUnavailable(`node ${name} has not told its address yet`);
  return {
    host: address.address,
    port: node.status?.daemonEndpoints?.kubeletEndpoint?.Port || AGENT_PORT,
    tls: {
      ca: pki.clusterCa,
      cert: pki.kubeletClient.certificate,
      key: pki.kubeletClient.key,
      servername: name,
      rejectUnauthorized: true,
    },
    label: `node ${name}`,
    ...dial && { dial },
  };
}

/** The error of a backend that could not be reached; the cause is for the log. */
export function unreachable(backend: Backend, error: Error): Error {
  const code = (error as { code?: string }).code ?? error.message;
  return internal(`error dialing ${backend.label} at ${backend.host}:${backend.port}: ${code}`, error);
}

/** Hop-by-hop, or the caller's credentials: not the backend's business. */
const withheld = new Set([
  "authorization",
  "connection",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** A browser's token is one of the subprotocols that it offers. */
function withoutToken(protocols: string): string {
  return protocols.split(",").map((protocol) => protocol.trim()).filter((protocol) => !isTokenProtocol(protocol))
    .join(", ");
}

/** The headers that go along, as pairs of name and value. */
export function forwardedHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): [string, string][] {
  const pairs: [string, string][] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(":") || withheld.has(name) || name.startsWith("impersonate-")) continue;
    for (const one of Array.isArray(value) ? value : [value]) {
      pairs.push([name, name === "sec-websocket-protocol" ? withoutToken(one) : one]);
    }
  }
  return pairs;
}
