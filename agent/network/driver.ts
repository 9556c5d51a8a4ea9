/** Another node as its network needs it. */
export interface RemoteNode {
  readonly name: string;
  readonly address: string;
  /** In prefix notation. */
  readonly podCidr: string;
}

/** How Pods of different nodes reach each other. Pod addresses arrive unchanged on the other side. */
export interface NetworkDriver {
  /** Bytes that the driver adds to a Pod's packet. */
  readonly overhead: number;
  /**
   * Makes exactly these nodes reachable, and what an earlier run left of others unreachable. Calls do not overlap. Rejects with a
   * `NetworkError` when one of them cannot be reached, having tried the others.
   */
  setNodes(nodes: readonly RemoteNode[]): Promise<void>;
}
