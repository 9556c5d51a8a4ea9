import type { KubeList, KubeObject, Resource } from "../../api/resource.ts";
import { apiVersionOf } from "../../api/resource.ts";
import { expired, unknownEndpoint } from "../../api/status.ts";
import type {
  CallOptions,
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
  WriteOptions,
} from "../../client/client.ts";
import type {
  ListRequest,
  Registry,
  RequestContext,
  ResourceStore,
  UserInfo,
  WatchedEvent,
  WriteOptions as RegistryWriteOptions,
} from "./contract.ts";

/** A consumer that leaves so many events lying has stopped reading: its watch ends with 410, and it lists again. */
const maxQueuedEvents = 100_000;

/** The client of Skiff's own components in the API server's process: objects pass by reference, nothing is serialised. */
export function createInProcessClient(registry: Registry, user: UserInfo): Client {
  return new InProcessClient(registry, user);
}

class InProcessClient implements Client {
  readonly #registry: Registry;
  readonly #user: UserInfo;

  constructor(registry: Registry, user: UserInfo) {
    this.#registry = registry;
    this.#user = user;
  }

  async get<T extends KubeObject>(resource: Resource<T>, target: Target, options: GetOptions = {}): Promise<T> {
    const entry = await this.#store(resource).get(this.#context(options), {
      ...address(target),
      ...(options.subresource === undefined ? {} : { subresource: options.subresource }),
    });
    return entry.object as T;
  }

  async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}): Promise<KubeList<T>> {
    const answer = await this.#store(resource).list(this.#context(options), listRequest(options));
    return {
      apiVersion: apiVersionOf(resource),
      kind: `${resource.kind}List`,
      metadata: {
        resourceVersion: answer.resourceVersion,
        ...(answer.continue === undefined ? {} : { continue: answer.continue }),
        ...(answer.remainingItemCount === undefined ? {} : { remainingItemCount: answer.remainingItemCount }),
      },
      items: answer.entries.map((entry) => entry.object as T),
    };
  }

  async *watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>> {
    if (options.signal?.aborted) return;
    const queue = new EventQueue();
    const { timeoutSeconds, ...request } = options;
    const handle = await this.#store(resource).watch(
      this.#context(options),
      { ...listRequest(request), allowWatchBookmarks: true },
      (event) => queue.push(event),
    );
    const timeout = timeoutSeconds === undefined ? undefined : AbortSignal.timeout(timeoutSeconds * 1000);
    const end = () => queue.end();
    options.signal?.addEventListener("abort", end);
    timeout?.addEventListener("abort", end);
    // It may have aborted while the watch was being registered.
    if (options.signal?.aborted) end();
    try {
      for (;;) {
        const event = await queue.next();
        if (event === undefined) return;
        yield event.type === "BOOKMARK"
          ? { type: "BOOKMARK", resourceVersion: event.resourceVersion }
          : { type: event.type, object: event.entry.object as T };
      }
    } finally {
      handle.close();
      options.signal?.removeEventListener("abort", end);
      timeout?.removeEventListener("abort", end);
    }
  }

  async create<T extends KubeObject>(resource: Resource<T>, object: T, options: CreateOptions = {}): Promise<T> {
    const { subresource, name } = options;
    const namespace = resource.namespaced ? object.metadata.namespace || options.namespace || "" : "";
    const entry = await this.#store(resource).create(this.#context(options), {
      namespace,
      object,
      options: writeOptions(this.#user, options),
      ...(subresource === undefined ? {} : { subresource }),
      ...(name === undefined ? {} : { name }),
    });
    return entry.object as T;
  }

  async update<T extends KubeObject>(resource: Resource<T>, object: T, options: UpdateOptions = {}): Promise<T> {
    const { namespace, name = "" } = object.metadata;
    const { entry } = await this.#store(resource).update(this.#context(options), {
      ...address({ name, ...(namespace === undefined ? {} : { namespace }) }),
      object,
      options: writeOptions(this.#user, options),
      ...(options.subresource === undefined ? {} : { subresource: options.subresource }),
    });
    return entry.object as T;
  }

  async patch<T extends KubeObject>(
    resource: Resource<T>,
    target: Target,
    { type, patch }: Patch,
    options: UpdateOptions = {},
  ): Promise<T> {
    const { entry } = await this.#store(resource).patch(this.#context(options), {
      ...address(target),
      type,
      patch,
      options: writeOptions(this.#user, options),
      ...(options.subresource === undefined ? {} : { subresource: options.subresource }),
    });
    return entry.object as T;
  }

  async delete<T extends KubeObject>(
    resource: Resource<T>,
    target: Target,
    options: DeleteOptions = {},
  ): Promise<void> {
    await this.#store(resource).delete(this.#context(options), { ...address(target), options: deleteOptions(options) });
  }

  async deleteCollection<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions & DeleteOptions = {},
  ): Promise<void> {
    const request = { ...listRequest(options), options: deleteOptions(options) };
    await this.#store(resource).deleteCollection(this.#context(options), request);
  }

  #store({ group, version, resource }: Resource): ResourceStore {
    const store = this.#registry.store(group, version, resource);
    if (store === undefined) throw unknownEndpoint();
    return store;
  }

  #context({ signal }: CallOptions): RequestContext {
    signal?.throwIfAborted();
    return { user: this.#user, warn: ignoreWarning, ...(signal === undefined ? {} : { signal }) };
  }
}

/** Warnings are for people; our own components have tests. */
function ignoreWarning(): void {}

function address({ namespace = "", name }: Target): { namespace: string; name: string } {
  return { namespace, name };
}

function listRequest(options: ListOptions): ListRequest {
  const { namespace = "", labelSelector, fieldSelector, limit, continue: next, resourceVersion } = options;
  return {
    namespace,
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    ...(limit === undefined ? {} : { limit }),
    ...(next === undefined ? {} : { continue: next }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

function writeOptions(user: UserInfo, { dryRun = false, fieldManager }: WriteOptions): RegistryWriteOptions {
  return { dryRun, fieldManager: fieldManager ?? managerOf(user), fieldValidation: "Strict" };
}

/** As upstream's components are called, which these do the work of. */
function managerOf({ name }: UserInfo): string {
  if (name.startsWith("system:node:")) return "kubelet";
  if (name === "system:apiserver") return "kube-apiserver";
  return name.startsWith("system:") ? name.slice(name.lastIndexOf(":") + 1) : name;
}

function deleteOptions({ dryRun = false, gracePeriodSeconds, propagationPolicy, preconditions }: DeleteOptions) {
  return {
    dryRun,
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(preconditions === undefined ? {} : { preconditions }),
  };
}

/** From the registry's push to the reader's pull. One reader. */
class EventQueue {
  #events: WatchedEvent[] = [];
  #taken = 0;
  #ended = false;
  #overflowed = false;
  #wake: (() => void) | undefined;

  push(event: WatchedEvent): void {
    if (this.#ended || this.#overflowed) return;
    if (this.#events.length - this.#taken >= maxQueuedEvents) {
      // What was queued is of no use without what follows it.
      this.#overflowed = true;
      this.#events = [];
      this.#taken = 0;
    } else this.#events.push(event);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Undefined at the end. Throws 410 when the reader fell too far behind. */
  async next(): Promise<WatchedEvent | undefined> {
    for (;;) {
      if (this.#ended) return undefined;
      if (this.#overflowed) throw expired(`the watch fell ${maxQueuedEvents} events behind; list again`);
      if (this.#taken < this.#events.length) return this.#take();
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = undefined;
    }
  }

  #take(): WatchedEvent {
    const event = this.#events[this.#taken++]!;
    if (this.#taken === this.#events.length) {
      this.#events = [];
      this.#taken = 0;
    } else if (this.#taken >= 1024) {
      this.#events.splice(0, this.#taken);
      this.#taken = 0;
    }
    return event;
  }
}
