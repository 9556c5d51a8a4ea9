import type { Pod } from "../../api/types/core_v1.ts";

/**
 * The Pods of this node as the kubelet's HTTP API asks for them: logs, exec, attach, port-forward. All answers are from memory. Objects are
 * shared: copy before changing.
 */
export interface PodDirectory {
  /** With the status as this node knows it, which may be newer than the API's. Static Pods are found by their full name. */
  pod(namespace: string, name: string): Pod | undefined;
  /** Runtime id of the newest container of that name (init and ephemeral ones too), or of the one before it. */
  containerId(namespace: string, name: string, container: string, previous: boolean): string | undefined;
  /** Runtime id of the newest sandbox that is ready. */
  sandboxId(namespace: string, name: string): string | undefined;
  /** Absolute path of the log that belongs to {@linkcode PodDirectory.containerId}; the file may not exist yet. */
  logPath(namespace: string, name: string, container: string, previous: boolean): string | undefined;
  all(): readonly Pod[];
}
