export interface ClusterOptions {
  /** Simulated nodes, whose Pods become Running without a container. None by default: Pods then stay Pending. At most 1,000. */
  readonly hollowNodes?: number;
  /** 1 makes this machine a node that runs real containers, which needs root. 0 unless told otherwise. Such a cluster has no fork. */
  readonly nodes?: 0 | 1;
  /** Archives of images for real containers. */
  readonly images?: readonly string[];
  /** The program: a path, or a name to look for. `SKIFF_BINARY` or `skiff` unless told otherwise. */
  readonly binary?: string;
}

/** A cluster of its own; `await using` ends it, as the end of this process does. */
export interface Cluster extends AsyncDisposable {
  /** Path of the administrator's kubeconfig, for any client. */
  readonly kubeconfig: string;
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /**
   * Starts a twin: another cluster with the same objects, running Pods and credentials, on a port of its own, in the same process. What either does from then
   * on the other does not see.
   */
  fork(): Promise<Cluster>;
  /** Stops it, and leaves nothing of it. The first cluster's close ends its forks, too. Idempotent. */
  close(): Promise<void>;
}

/** Starts a cluster. Resolves when its API answers and its nodes are Ready; rejects with what the program said. */
export function startCluster(options?: ClusterOptions): Promise<Cluster>;
