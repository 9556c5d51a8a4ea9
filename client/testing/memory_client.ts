import { type Clock, ManualClock } from "../../api/clock.ts";
import { deepEqual } from "../../api/meta/deep_equal.ts";
import { parseFieldSelector } from "../../api/meta/field_selector.ts";
import { deepFreeze } from "../../api/meta/freeze.ts";
import { parseLabelSelector } from "../../api/meta/label_selector_parser.ts";
import { formatTime } from "../../api/meta/time.ts";
import { applyJsonPatch } from "../../api/patch/json_patch.ts";
import { applyMergePatch } from "../../api/patch/merge.ts";
import { applyStrategicPatch } from "../../api/patch/strategic.ts";
import { apiVersionOf, keyOf, type KubeList, type KubeObject, type Resource } from "../../api/resource.ts";
import { schema } from "../../api/schema/schema.ts";
import { alreadyExists, conflict, notFound, resourceVersionTooOld } from "../../api/status.ts";
import type { ObjectMeta } from "../../api/types/meta_v1.ts";
import type {
  Client,
  CreateOptions,
  DeleteOptions,
  GetOptions,
  ListOptions,
  Patch,
  Target,
  UpdateOptions,
  WatchEvent,
  WatchOptions,
} from "../client.ts";
import { WatchQueue } from "./watch_queue.ts";

export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deleteCollection";

/** One call as the client received it. */
export interface Call {
  readonly verb: Verb;
  readonly resource: string;
  readonly subresource: string;
  /** `namespace/name`, as far as known. */
  readonly key: string;
  readonly object?: KubeObject;
}

interface Watcher {
  readonly resource: string;
  readonly selects: (object: KubeObject) => boolean;
  readonly queue: WatchQueue<KubeObject>;
}

interface Logged {
  readonly version: number;
  readonly resource: string;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
}

/**
 * A small API server for tests of what sits on a `Client`: versions, conflicts, generations, the status subresource, finalizers, propagation
 * policies, selectors and watches as Kubernetes has them; no defaults, no validation, no grace period.
 */
export class MemoryClient implements Client {
  /** Every call, in order. */
  readonly calls: Call[] = [];
  /** Runs before each call; what it throws is the answer. */
  intercept: ((call: Call) => void | Promise<void>) | undefined;

  readonly #clock: Clock;
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #watchers = new Set<Watcher>();
  #log: Logged[] = [];
  #version = 0;
  #made = 0;
  #forgotten = 0;

  constructor(clock: Clock = new ManualClock()) {
    this.#clock = clock;
  }

  /** Objects of a resource, in order of their keys. */
  all<T extends KubeObject>(resource: Resource<T>): T[] {
    return [...this.#of(resource).entries()].sort(([a], [b]) => a < b ? -1 : 1).map(([, object]) => object as T);
  }

  /** Ends all watches, as a server does that restarts; with `forget`, their versions are too old afterwards. */
  dropWatches(forget = false): void {
    if (forget) {
      this.#log = [];
      this.#forgotten = this.#version;
    }
    for (const { queue } of this.#watchers) queue.end();
    this.#watchers.clear();
  }

  /** Calls that change something, as `create pods default/web`. */
  writes(): string[] {
    return this.calls.filter(({ verb }) => !["get", "list", "watch"].includes(verb)).map((
      { verb, resource, subresource, key },
    ) => `${verb} ${resource}${subresource && `/${subresource}`} ${key}`);
  }

  async get<T extends KubeObject>(resource: Resource<T>, target: Target, options: GetOptions = {}): Promise<T> {
    await this.#enter("get", resource, target, options);
    return this.#existing(resource, target);
  }

  async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}): Promise<KubeList<T>> {
    await this.#enter("list", resource, { name: "", ...options }, options);
    const selects = selection(options);
    const selected = this.all(resource).filter(selects);
    const start = Number(options.continue ?? 0);
    const end = options.limit ? start + options.limit : selected.length;
    return {
      apiVersion: apiVersionOf(resource),
      kind: `${resource.kind}List`,
      metadata: {
        resourceVersion: String(this.#version),
        ...(end < selected.length ? { continue: String(end), remainingItemCount: selected.length - end } : {}),
      },
      items: selected.slice(start, end),
    };
  }

  async *watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
    await this.#enter("watch", resource, { name: "", ...options }, options);
    const after = Number(options.resourceVersion ?? 0);
    const selects = selection(options);
    const queue = new WatchQueue<KubeObject>();
    const watcher: Watcher = { resource: pathOf(resource), selects, queue };
    if (after === 0) {
      for (const object of this.all(resource)) if (selects(object)) queue.push({ type: "ADDED", object });
    } else if (after < this.#forgotten) throw resourceVersionTooOld(after, this.#forgotten);
    else for (const logged of this.#log) if (logged.version > after) tell(watcher, logged);
    this.#watchers.add(watcher);
    try {
      yield* queue.read(options.signal) as AsyncGenerator<WatchEvent<T>>;
    } finally {
      this.#watchers.delete(watcher);
    }
  }

  async create<T extends KubeObject>(resource: Resource<T>, object: T, options: CreateOptions = {}): Promise<T> {
    const namespace = resource.namespaced ? object.metadata.namespace ?? options.namespace ?? "" : "";
    const name = object.metadata.name ?? `${object.metadata.generateName}${String(++this.#made).padStart(5, "0")}`;
    await this.#enter("create", resource, { namespace, name }, options, object);
    const target = { namespace, name };
    const key = keyOf({ metadata: target });
    if (this.#of(resource).has(key)) throw alreadyExists(resource, name);
    const metadata: ObjectMeta = {
      ...object.metadata,
      name,
      ...(namespace === "" ? {} : { namespace }),
      uid: `uid-${++this.#made}`,
      creationTimestamp: formatTime(this.#clock.now()),
      ...("spec" in object ? { generation: 1 } : {}),
    };
    const made = { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object, metadata };
    return options.dryRun ? deepFreeze(made) as T : this.#store(resource, made, undefined);
  }

  async update<T extends KubeObject>(resource: Resource<T>, object: T, options: UpdateOptions = {}): Promise<T> {
    const { namespace = "", name = "" } = object.metadata;
    await this.#enter("update", resource, { namespace, name }, options, object);
    return this.#replace(resource, this.#existing(resource, { namespace, name }), object, options);
  }

  async patch<T extends KubeObject>(
    resource: Resource<T>,
    target: Target,
    patch: Patch,
    options: UpdateOptions = {},
  ): Promise<T> {
    await this.#enter("patch", resource, target, options);
    const old = this.#existing(resource, target);
    return this.#replace(resource, old, applyPatch(resource, old, patch), options);
  }

  async delete<T extends KubeObject>(
    resource: Resource<T>,
    target: Target,
    options: DeleteOptions = {},
  ): Promise<void> {
    await this.#enter("delete", resource, target, options);
    this.#delete(resource, this.#existing(resource, target), options);
  }

  async deleteCollection<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions & DeleteOptions = {},
  ): Promise<void> {
    await this.#enter("deleteCollection", resource, { name: "", ...options }, options);
    for (const object of this.all(resource).filter(selection(options))) this.#delete(resource, object, options);
  }

  async #enter(
    verb: Verb,
    resource: Resource,
    { namespace, name }: Target,
    options: { subresource?: string; signal?: AbortSignal },
    object?: KubeObject,
  ): Promise<void> {
    options.signal?.throwIfAborted();
    const key = namespace ? `${namespace}/${name}` : name;
    const call: Call = {
      verb,
      resource: resource.resource,
      subresource: options.subresource ?? "",
      key,
      ...(object === undefined ? {} : { object }),
    };
    this.calls.push(call);
    await this.intercept?.(call);
  }

  #of(resource: Resource): Map<string, KubeObject> {
    const path = pathOf(resource);
    const objects = this.#objects.get(path) ?? new Map<string, KubeObject>();
    this.#objects.set(path, objects);
    return objects;
  }

  #existing<T extends KubeObject>(resource: Resource<T>, target: Target): T {
    const { name, namespace = "" } = target;
    const found = this.#of(resource).get(keyOf({ metadata: { name, namespace } }));
    if (found === undefined) throw notFound(resource, name);
    return found as T;
  }

  #replace<T extends KubeObject>(resource: Resource<T>, old: T, next: T, options: UpdateOptions): T {
    const given = next.metadata.resourceVersion;
    const name = old.metadata.name ?? "";
    if (given !== undefined && given !== old.metadata.resourceVersion) throw conflict(resource, name);
    if (next.metadata.uid !== undefined && next.metadata.uid !== old.metadata.uid) {
      throw conflict(resource, name, "the uid in the request is not the object's");
    }
    const parts = old as KubeObject & { spec?: unknown; status?: unknown };
    const wanted = next as KubeObject & { spec?: unknown; status?: unknown };
    const { uid, creationTimestamp, generation, deletionTimestamp, resourceVersion } = old.metadata;
    const { annotations } = wanted.metadata;
    const metadata = definedOnly<ObjectMeta>({
      ...wanted.metadata,
      uid,
      creationTimestamp,
      generation,
      deletionTimestamp,
      resourceVersion,
    });
    const toStatus = options.subresource === "status";
    const merged: typeof parts = toStatus
      // Annotations come with a status, as they do with the API server.
      ? { ...parts, metadata: definedOnly<ObjectMeta>({ ...parts.metadata, annotations }), status: wanted.status }
      : { ...wanted, metadata, ...("status" in parts ? { status: parts.status } : {}) };
    if (!toStatus && "spec" in parts && !deepEqual(parts.spec, merged.spec)) {
      merged.metadata.generation = (generation ?? 0) + 1;
    }
    if (deepEqual(merged, parts)) return old;
    if (options.dryRun) return deepFreeze(merged) as T;
    return isFinished(merged) ? this.#remove(resource, merged as T) : this.#store(resource, merged as T, old);
  }

  #delete<T extends KubeObject>(resource: Resource<T>, old: T, options: DeleteOptions): void {
    const { uid, resourceVersion } = options.preconditions ?? {};
    const { metadata } = old;
    if (
      (uid ?? metadata.uid) !== metadata.uid ||
      (resourceVersion ?? metadata.resourceVersion) !== metadata.resourceVersion
    ) {
      throw conflict(resource, metadata.name ?? "", "the preconditions do not hold");
    }
    const finalizers = new Set(metadata.finalizers);
    if (options.propagationPolicy === "Foreground") finalizers.add("foregroundDeletion");
    if (options.propagationPolicy === "Orphan") finalizers.add("orphan");
    const marked: T = {
      ...old,
      metadata: {
        ...metadata,
        deletionTimestamp: metadata.deletionTimestamp ?? formatTime(this.#clock.now()),
        ...(finalizers.size === 0 ? {} : { finalizers: [...finalizers] }),
      },
    };
    if (resource.kind === "Namespace") Object.assign(marked, { status: { phase: "Terminating" } });
    if (isFinished(marked)) this.#remove(resource, marked);
    else if (!deepEqual(marked, old)) this.#store(resource, marked, old);
  }

  #store<T extends KubeObject>(resource: Resource<T>, object: T, previous: T | undefined): T {
    const stored = this.#stamp(object);
    this.#of(resource).set(keyOf(stored), stored);
    this.#publish(resource, previous === undefined ? "ADDED" : "MODIFIED", stored, previous);
    return stored;
  }

  #remove<T extends KubeObject>(resource: Resource<T>, object: T): T {
    const last = this.#stamp(object);
    this.#of(resource).delete(keyOf(last));
    this.#publish(resource, "DELETED", last, last);
    return last;
  }

  #stamp<T extends KubeObject>(object: T): T {
    const metadata = { ...object.metadata, resourceVersion: String(++this.#version) };
    return deepFreeze(structuredClone({ ...object, metadata })) as T;
  }

  #publish(resource: Resource, type: Logged["type"], object: KubeObject, previous: KubeObject | undefined): void {
    const logged = { version: this.#version, resource: pathOf(resource), type, object, previous };
    this.#log.push(logged);
    for (const watcher of this.#watchers) tell(watcher, logged);
  }
}

function pathOf(resource: Resource): string {
  return `${resource.group}/${resource.resource}`;
}

/** An object that enters or leaves a selection is ADDED or DELETED for who watches it. */
function tell(watcher: Watcher, { resource, type, object, previous }: Logged): void {
  if (resource !== watcher.resource) return;
  const before = previous !== undefined && watcher.selects(previous);
  const after = type !== "DELETED" && watcher.selects(object);
  if (after) watcher.queue.push({ type: before ? "MODIFIED" : "ADDED", object });
  else if (before) watcher.queue.push({ type: "DELETED", object });
}

function selection(options: ListOptions): (object: KubeObject) => boolean {
  const labels = parseLabelSelector(options.labelSelector ?? "");
  const fields = parseFieldSelector(options.fieldSelector ?? "");
  return (object) =>
    (!options.namespace || object.metadata.namespace === options.namespace) && labels.matches(object.metadata.labels) &&
    fields.matches((path) => String(fieldOf(object, path) ?? ""));
}

function fieldOf(object: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], object);
}

function applyPatch<T extends KubeObject>(resource: Resource<T>, old: T, patch: Patch): T {
  if (patch.type === "json") return applyJsonPatch(old, patch.patch);
  if (patch.type === "merge") return applyMergePatch(old, patch.patch);
  const message = schema.ofKind(apiVersionOf(resource), resource.kind);
  if (message === undefined) throw new RangeError(`the schema has no kind ${resource.kind}`);
  return applyStrategicPatch(schema, message, old, patch.patch);
}

function isFinished(object: KubeObject): boolean {
  const { deletionTimestamp, finalizers } = object.metadata;
  const { spec, kind } = object as KubeObject & { spec?: { finalizers?: string[] } };
  if (deletionTimestamp === undefined || (finalizers?.length ?? 0) > 0) return false;
  return kind !== "Namespace" || (spec?.finalizers?.length ?? 0) === 0;
}

function definedOnly<T extends object>(object: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
