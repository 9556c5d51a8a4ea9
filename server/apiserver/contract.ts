import type { ManagedRecords } from "../../api/patch/apply/managers.ts";
import type { KubeObject } from "../../api/resource.ts";
import type { ResourceRow } from "../../api/schema/contract.ts";

/**
 * Between the HTTP edge (`http/`: TLS, routes, negotiation, encoding) and the registry (`registry/`: the verbs on stored objects). The in-process
 * client calls the registry as the edge does, without the encoding.
 *
 * **Errors.** Every method rejects with a `StatusError`. **Ownership.** Entries and their objects are shared and deeply frozen.
 */
export interface Registry {
  /** All served resources; custom resources will add rows at run time. */
  resources(): readonly ResourceRow[];
  /** Undefined when nothing of that name is served. */
  store(group: string, version: string, resource: string): ResourceStore | undefined;
  /** The cache holds everything that the datastore held at start. */
  readonly ready: boolean;
  close(): Promise<void>;
}

/** The verbs of one resource. Authorisation has been decided before; admission, defaults and validation happen here. */
export interface ResourceStore {
  readonly row: ResourceRow;
  get(context: RequestContext, request: GetRequest): Promise<Entry>;
  list(context: RequestContext, request: ListRequest): Promise<ListAnswer>;
  /**
   * Calls `sink` synchronously for each event in order: first what came after `resourceVersion`, then live ones. Resolves when the watch is registered.
   * 410 `Expired` when the version is too old.
   */
  watch(context: RequestContext, request: WatchRequest, sink: (event: WatchedEvent) => void): Promise<WatchHandle>;
  create(context: RequestContext, request: CreateRequest): Promise<Entry>;
  /** `created` when the kind allows creation by update (upstream: leases, endpoints, events and some more) and it happened. */
  update(
    context: RequestContext,
    request: UpdateRequest,
  ): Promise<{ readonly entry: Entry; readonly created: boolean }>;
  patch(context: RequestContext, request: PatchRequest): Promise<{ readonly entry: Entry; readonly created: boolean }>;
  delete(context: RequestContext, request: DeleteRequest): Promise<DeleteAnswer>;
  deleteCollection(
    context: RequestContext,
    request: ListRequest & { readonly options: DeleteOptions },
  ): Promise<ListAnswer>;
}

/** One version of one object. What is derived from it is made when first asked for. */
export interface Entry {
  readonly namespace: string;
  readonly name: string;
  /** The resourceVersion as a number. */
  readonly revision: number;
  /**
   * With apiVersion, kind and resourceVersion, but without managedFields, which are long and which few ask for. Parsed from the JSON when
   * first read. Submitted without them, it keeps the ones it has.
   */
  readonly object: KubeObject;
  /** The managedFields. */
  readonly records: ManagedRecords;
  /** The whole as JSON text. */
  json(): string;
  /** The text as an item of a list: without apiVersion and kind. */
  itemJson(): string;
}

/** Who asks, and how to tell them something. */
export interface RequestContext {
  readonly user: UserInfo;
  readonly signal?: AbortSignal;
  /** Warnings for the client; the edge makes a header of each. */
  warn(message: string): void;
}

export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface GetRequest {
  readonly namespace: string;
  readonly name: string;
  readonly subresource?: string;
  readonly resourceVersion?: string;
}

export interface ListRequest {
  /** `""`: all namespaces, or cluster-scoped. */
  readonly namespace: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
}

export interface ListAnswer {
  readonly resourceVersion: string;
  readonly entries: readonly Entry[];
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

export interface WatchRequest extends Omit<ListRequest, "limit" | "continue"> {
  readonly allowWatchBookmarks: boolean;
  /** WatchList: the present objects first, then a bookmark annotated `k8s.io/initial-events-end`. */
  readonly sendInitialEvents?: boolean;
}

/** Shared by all watchers of the object, so that an encoding of it can be kept beside it (`WeakMap`). */
export type WatchedEvent =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly entry: Entry }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string; readonly initialEventsEnd: boolean };

/** A running watch; closing it twice does no harm. */
export interface WatchHandle {
  close(): void;
}

export type FieldValidation = "Ignore" | "Warn" | "Strict";

export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
  /** An apply takes fields over from other managers. */
  readonly force?: boolean;
}

export interface CreateRequest {
  readonly namespace: string;
  /** Of the URL: for subresources only. */
  readonly name?: string;
  readonly subresource?: string;
  /** Decoded and checked by the edge (unknown fields pruned or refused); apiVersion and kind are those of the resource or subresource. */
  readonly object: KubeObject;
  readonly options: WriteOptions;
}

/** A PUT. */
export interface UpdateRequest {
  readonly namespace: string;
  readonly name: string;
  readonly subresource?: string;
  readonly object: KubeObject;
  readonly options: WriteOptions;
  /** Asked before an update creates an object; rejects when the user may not. */
  mayCreate?(): Promise<void>;
}

/** A PATCH, of any of its types. */
export interface PatchRequest {
  readonly namespace: string;
  readonly name: string;
  readonly subresource?: string;
  readonly type: "json" | "merge" | "strategic" | "apply";
  /** Parsed, not yet checked against the schema. */
  readonly patch: unknown;
  /** What is doubled or unknown in the patch itself, for who asks for strictness or warnings. */
  readonly strictErrors?: readonly string[];
  readonly options: WriteOptions;
  /** Asked before an apply creates the object: rejects with a 403 for a user who may not. */
  mayCreate?(): Promise<void>;
}

export interface DeleteOptions {
  readonly dryRun: boolean;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export interface DeleteRequest {
  readonly namespace: string;
  readonly name: string;
  readonly options: DeleteOptions;
}

/** `removed`: gone, as it was last. `marked`: it lives on for its finalizers or its grace period. */
export type DeleteAnswer =
  | { readonly outcome: "removed"; readonly entry: Entry }
  | { readonly outcome: "marked"; readonly entry: Entry };

/** Makes bound service-account tokens; `auth/` implements it, the `token` subresource uses it. */
export interface TokenIssuer {
  issue(request: TokenRequestFacts): Promise<{ readonly token: string; readonly expirationTimestamp: string }>;
  readonly defaultAudiences: readonly string[];
}

/** Makes the tokens that Secrets hold, which live as long as they. */
export interface SecretTokenIssuer {
  issueForSecret(request: {
    readonly namespace: string;
    readonly serviceAccount: { readonly name: string; readonly uid: string };
    /** The Secret's name. */
    readonly secret: string;
  }): Promise<string>;
}

export interface TokenRequestFacts {
  readonly namespace: string;
  readonly serviceAccount: { readonly name: string; readonly uid: string };
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  readonly boundObject?: {
    readonly kind: string;
    readonly apiVersion: string;
    readonly name: string;
    readonly uid: string;
  };
  readonly node?: { readonly name: string; readonly uid: string };
}
