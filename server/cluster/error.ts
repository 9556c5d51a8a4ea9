export type ClusterReason =
  /** The token is not the cluster's. */
  | "wrongToken"
  /** The cluster's secrets are sealed, and no token was given. */
  | "tokenMissing"
  /** The data directory holds something of another cluster. */
  | "foreignFiles"
  /** Flags that must be the same on all servers are not. */
  | "settingsDiffer"
  /** What another server has written cannot be read by this version. */
  | "unreadable"
  /** The first server cannot be reached, or refuses. */
  | "joinFailed"
  /** etcd is not installed, does not start or has no quorum. */
  | "etcd"
  /** The flags, or what lies in the data directory, do not go together. */
  | "invalidArgument";

/** What keeps this server out of a cluster; the message is made for the user. */
export class ClusterError extends Error {
  override readonly name = "ClusterError";
  constructor(readonly reason: ClusterReason, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}
