import type { KubeList, KubeObject, Resource } from "../api/resource.ts";

/**
 * The Kubernetes API as Skiff's own components use it. Two transports implement it and pass one suite: in the API server's process
 * (`server/apiserver/in_process.ts`, nothing is serialised) and over HTTPS (`client/https.ts`).
 *
 * **Ownership.** Objects that come out are shared and deeply frozen: copy before changing (`structuredClone`, spread). Objects that go in
 * belong to the client from then on.
 *
 * **Errors.** Every method rejects with a `StatusError` (`api/status.ts`) for whatever the API answered, a network fault included (`reason`
 * `ServiceUnavailable`), or with the signal's reason when aborted. Nothing is retried here.
 */
export interface Client {
  get<T extends KubeObject>(resource: Resource<T>, target: Target, options?: GetOptions): Promise<T>;
  list<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): Promise<KubeList<T>>;
  /**
   * Events in order of their resourceVersion, until the signal aborts or the server ends the watch (the iteration then ends without error).
   * An ERROR event is thrown as its StatusError (410 Gone, reason `Expired`: list again).
   */
  watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** `options.name` and `options.subresource` address a subresource that is created: bindings, evictions, tokens. */
  create<T extends KubeObject>(resource: Resource<T>, object: T, options?: CreateOptions): Promise<T>;
  /** Refused with 409 Conflict when `metadata.resourceVersion` is given and stale. */
  update<T extends KubeObject>(resource: Resource<T>, object: T, options?: UpdateOptions): Promise<T>;
  patch<T extends KubeObject>(resource: Resource<T>, target: Target, patch: Patch, options?: UpdateOptions): Promise<T>;
  /** Resolves when the deletion is accepted; with finalizers or a grace period the object may live on, marked. */
  delete<T extends KubeObject>(resource: Resource<T>, target: Target, options?: DeleteOptions): Promise<void>;
  deleteCollection<T extends KubeObject>(resource: Resource<T>, options?: ListOptions & DeleteOptions): Promise<void>;
}

export interface Target {
  /** Absent or `""` for cluster-scoped resources. */
  readonly namespace?: string;
  readonly name: string;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface GetOptions extends CallOptions {
  /** `scale`, `status` … */
  readonly subresource?: string;
}

export interface ListOptions extends CallOptions {
  /** All namespaces when absent. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
}

export interface WatchOptions extends Omit<ListOptions, "limit" | "continue"> {
  /** Events after it; absent or `"0"` starts with an ADDED for all there is. */
  readonly resourceVersion?: string;
  readonly timeoutSeconds?: number;
}

export interface WriteOptions extends CallOptions {
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
}

export interface CreateOptions extends WriteOptions {
  /** Where a namespaced object has no `metadata.namespace`. */
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

export interface UpdateOptions extends WriteOptions {
  readonly subresource?: string;
}

export interface DeleteOptions extends WriteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export type Patch =
  | { readonly type: "json"; readonly patch: readonly Record<string, unknown>[] }
  | { readonly type: "merge"; readonly patch: Record<string, unknown> }
  | { readonly type: "strategic"; readonly patch: Record<string, unknown> };

export type WatchEvent<T extends KubeObject = KubeObject> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  /** Nothing relevant happened up to this version. */
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string };
