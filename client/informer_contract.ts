import type { KubeObject, Resource } from "../api/resource.ts";

/**
 * A local, always current view of a resource: lists, watches, lists again when the watch is lost. Objects are the client's own frozen ones.
 * Handlers run synchronously, in order, after the view was changed; what they throw is logged and goes no further.
 */
export interface Informer<T extends KubeObject> {
  readonly resource: Resource<T>;
  /** The first list is in the view and was handed to the handlers that were there. */
  readonly synced: boolean;
  whenSynced(signal?: AbortSignal): Promise<void>;
  /** By key: `namespace/name`, or `name` for cluster-scoped objects. */
  get(key: string): T | undefined;
  list(namespace?: string): readonly T[];
  /** Objects for which the index function named `index` gave `value`. */
  byIndex(index: string, value: string): readonly T[];
  /** Before the first list only, or RangeError. */
  addIndex(index: string, values: (object: T) => readonly string[]): void;
  /** Hands over what is in the view as `added`, then each change. The returned function removes it. */
  onChange(handler: (change: Change<T>) => void): () => void;
}

export type Change<T extends KubeObject> =
  | { readonly type: "added"; readonly object: T }
  | { readonly type: "updated"; readonly object: T; readonly previous: T }
  | { readonly type: "deleted"; readonly object: T };

/** One informer for each distinct (resource, namespace, selectors), shared by all who ask. */
export interface InformerFactory {
  informer<T extends KubeObject>(resource: Resource<T>, scope?: InformerScope): Informer<T>;
  /** Starts all that were asked for, and each asked for later, until the signal aborts. */
  start(signal: AbortSignal): void;
  whenSynced(signal?: AbortSignal): Promise<void>;
}

export interface InformerScope {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}
