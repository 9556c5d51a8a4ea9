/** Where nodes ask what they need to know of their cluster; a GET with a join token or a node's certificate. */
export const NODE_CONFIG_PATH = "/v1-skiff/node/config";
/** Where a node opens the connection by which the server reaches it: a WebSocket, for a node's certificate alone. */
export const NODE_TUNNEL_PATH = "/v1-skiff/node/tunnel";

/** `https://10.0.0.1:6443` */
export function serverUrl(host: string, port: number): string {
  return `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** What the cluster's servers decide for all nodes. */
export interface ClusterSettings {
  /** Network of all Pods, in prefix notation; each node has a share of it, `spec.podCIDR` of its Node. */
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  readonly clusterDns: string;
  readonly clusterDomain: string;
}

/** The answer at {@linkcode NODE_CONFIG_PATH}. */
export interface NodeConfig extends ClusterSettings {
  /** Of all servers: `https://10.0.0.1:6443`. */
  readonly servers: readonly string[];
}

/** Reads an answer of another version of Skiff as well: what it has beyond is left out. Throws a TypeError that names what is missing. */
export function readNodeConfig(value: unknown): NodeConfig {
  const given = (typeof value === "object" && value !== null ? value : {}) as Partial<Record<string, unknown>>;
  const text = (field: string) => {
    const found = given[field];
    if (typeof found === "string" && found !== "") return found;
    throw new TypeError(`the cluster's settings have no ${field}: is the server older or newer than this agent?`);
  };
  const servers = Array.isArray(given.servers) ? given.servers.filter((one) => typeof one === "string") : [];
  return {
    clusterCidr: text("clusterCidr"),
    serviceCidr: text("serviceCidr"),
    clusterDns: text("clusterDns"),
    clusterDomain: text("clusterDomain"),
    servers,
  };
}
