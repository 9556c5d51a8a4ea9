/** Another node as its network needs it. */
export interface RemoteNode {
  readonly name: string;
  readonly address: string;
  readonly podCidr: string;
}

/**
 * How Pods of different nodes reach each other. Pod addresses arrive unchanged on the other side. What a driver makes on the machine is named
 * after the instance.
 */
export interface NetworkDriver {
  /** Bytes that the driver adds to a Pod's packet. */
  readonly overhead: number;
  /** Makes exactly these nodes reachable. Calls do not overlap. Rejects with a `NetworkError`. */
  setNodes(nodes: readonly RemoteNode[]): Promise<void>;
  /** Takes away all that the driver made. */
  remove(): Promise<void>;
}

/** For a cluster of one node: there is nobody else. */
export const singleNodeDriver: NetworkDriver = {
  overhead: 0,
  setNodes: () => Promise.resolve(),
  remove: () => Promise.resolve(),
};
