export type Protocol = "tcp" | "udp" | "sctp";

export interface Backend {
  readonly address: string;
  readonly port: number;
}

/** One address and port (or a port on all of the node's addresses) where a Service, or a Pod's host port, is reached. */
export interface Frontend {
  readonly at: FrontendAddress;
  readonly protocol: Protocol;
  readonly port: number;
  /** In the order of their addresses, each once. */
  readonly backends: readonly Backend[];
  /** Backends see the node's address as source, because their answers would not come back through this node otherwise. */
  readonly masquerade: boolean;
  /** What happens to connections while there are no backends. */
  readonly refusal: "reject" | "drop";
  readonly affinity?: Affinity;
  /** Source networks that may connect; all of them when absent. */
  readonly sources?: readonly string[];
}

export type FrontendAddress =
  /** Cluster IP, external IP, load balancer IP. */
  | { readonly kind: "address"; readonly address: string }
  /** Every address of the node but those of its loopback network. */
  | { readonly kind: "node" };

/** Connections of one source stay on their backend. */
export interface Affinity {
  /** A label (RFC 1035) by which people recognise the Service. */
  readonly name: string;
  /** The Service's port, in the whole cluster; its frontends share what they remember. */
  readonly id: string;
  /** For so long after the source's last connection. */
  readonly seconds: number;
}

/** Says what traffic a frontend takes; two frontends of the same key exclude each other. Also the key of its nft map elements. */
export function frontendKey({ at, protocol, port }: Frontend): string {
  return at.kind === "address" ? `${at.address} . ${protocol} . ${port}` : `${protocol} . ${port}`;
}
