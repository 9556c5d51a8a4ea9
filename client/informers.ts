import { getLogger } from "@logtape/logtape";
import { type Clock, systemClock } from "../api/clock.ts";
import { keyOf, type KubeObject, type Resource } from "../api/resource.ts";
import { isExpired } from "../api/status.ts";
import type { Client, ListOptions } from "./client.ts";
import type { Change, Informer, InformerFactory, InformerScope } from "./informer_contract.ts";
import { type IndexFunction, ObjectView } from "./object_view.ts";
import { initialState, nextState, type ReflectorInput, type ReflectorState } from "./reflector.ts";
import { pause } from "./pause.ts";

export interface InformerOptions {
  readonly clock?: Clock;
  /** Lists come in pages of so many objects; in one piece when absent, which suits the in-process transport. */
  readonly pageSize?: number;
  /** Numbers in [0, 1) for the jitter of the back-off. */
  readonly random?: () => number;
}

const logger = getLogger(["skiff", "client", "informers"]);

/** Informers over `client`, each with one list and one watch however many ask for it. */
export function createInformerFactory(client: Client, options: InformerOptions = {}): InformerFactory {
  return new SharedInformers(client, options);
}

class SharedInformers implements InformerFactory {
  readonly #client: Client;
  readonly #options: InformerOptions;
  readonly #informers = new Map<string, ReflectedInformer<KubeObject>>();
  #signal: AbortSignal | undefined;

  constructor(client: Client, options: InformerOptions) {
    this.#client = client;
    this.#options = options;
  }

  informer<T extends KubeObject>(resource: Resource<T>, scope: InformerScope = {}): Informer<T> {
    const { group, version } = resource;
    const id = JSON.stringify([
      group,
      version,
      resource.resource,
      scope.namespace,
      scope.labelSelector,
      scope.fieldSelector,
    ]);
    let informer = this.#informers.get(id) as ReflectedInformer<T> | undefined;
    if (informer === undefined) {
      informer = new ReflectedInformer(this.#client, resource, scope, this.#options);
      this.#informers.set(id, informer as unknown as ReflectedInformer<KubeObject>);
      if (this.#signal !== undefined) informer.start(this.#signal);
    }
    return informer;
  }

  start(signal: AbortSignal): void {
    if (this.#signal !== undefined) return;
    this.#signal = signal;
    for (const informer of this.#informers.values()) informer.start(signal);
  }

  async whenSynced(signal?: AbortSignal): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.whenSynced(signal)));
  }
}

class ReflectedInformer<T extends KubeObject> implements Informer<T> {
  readonly resource: Resource<T>;
  readonly #client: Client;
  readonly #scope: InformerScope;
  readonly #options: InformerOptions;
  readonly #view: ObjectView<T>;
  readonly #handlers = new Set<(change: Change<T>) => void>();
  readonly #synced = Promise.withResolvers<void>();
  #isSynced = false;

  constructor(client: Client, resource: Resource<T>, scope: InformerScope, options: InformerOptions) {
    this.#client = client;
    this.resource = resource;
    this.#scope = scope;
    this.#options = options;
    this.#view = new ObjectView(resource.namespaced);
  }

  get synced(): boolean {
    return this.#isSynced;
  }

  async whenSynced(signal?: AbortSignal): Promise<void> {
    if (this.#isSynced) return;
    signal?.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal!.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await Promise.race([this.#synced.promise, aborted.promise]);
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  get(key: string): T | undefined {
    return this.#view.get(key);
  }

  list(namespace?: string): readonly T[] {
    return this.#view.list(namespace);
  }

  byIndex(index: string, value: string): readonly T[] {
    return this.#view.byIndex(index, value);
  }

  addIndex(index: string, values: IndexFunction<T>): void {
    this.#view.addIndex(index, values);
  }

  onChange(handler: (change: Change<T>) => void): () => void {
    this.#handlers.add(handler);
    for (const object of this.#view.list()) this.#call(handler, { type: "added", object });
    return () => void this.#handlers.delete(handler);
  }

  start(signal: AbortSignal): void {
    void this.#run(signal);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { random = Math.random, clock = systemClock({ background: true }) } = this.#options;
    let state: ReflectorState = initialState;
    while (!signal.aborted) {
      let input: ReflectorInput;
      try {
        if (state.at === "watching") {
          const start = clock.now();
          // The state moves on with each event, so that a failure finds it at the last one.
          for await (const resourceVersion of this.#watch(state.resourceVersion, signal)) {
            state = nextState(state, { type: "progressed", resourceVersion }, random);
          }
          input = { type: "ended", lasted: clock.now() - start };
        } else {
          input = state.at === "listing"
            ? await this.#list(signal)
            : await this.#wait(clock, state.milliseconds, signal);
        }
      } catch (error) {
        if (signal.aborted) return;
        this.#logFailure(state, error);
        input = { type: "failed", error };
      }
      state = nextState(state, input, random);
    }
  }

  async #list(signal: AbortSignal): Promise<ReflectorInput> {
    const { pageSize } = this.#options;
    const options: ListOptions = { ...this.#scope, signal, ...(pageSize === undefined ? {} : { limit: pageSize }) };
    const first = await this.#client.list(this.resource, options);
    const objects = [...first.items];
    let next = first.metadata.continue;
    while (next) {
      const page = await this.#client.list(this.resource, { ...options, continue: next });
      objects.push(...page.items);
      next = page.metadata.continue;
    }
    for (const change of this.#view.replace(objects)) this.#notify(change);
    this.#isSynced = true;
    this.#synced.resolve();
    return { type: "listed", resourceVersion: first.metadata.resourceVersion ?? "" };
  }

  async *#watch(resourceVersion: string, signal: AbortSignal): AsyncGenerator<string> {
    for await (const event of this.#client.watch(this.resource, { ...this.#scope, resourceVersion, signal })) {
      if (event.type === "BOOKMARK") {
        yield event.resourceVersion;
        continue;
      }
      const { object } = event;
      const change = event.type === "DELETED" ? this.#view.remove(keyOf(object), object) : this.#view.put(object);
      if (change !== undefined) this.#notify(change);
      yield object.metadata.resourceVersion ?? resourceVersion;
    }
  }

  async #wait(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<ReflectorInput> {
    await pause(clock, milliseconds, signal);
    return { type: "waited" };
  }

  #notify(change: Change<T>): void {
    for (const handler of this.#handlers) this.#call(handler, change);
  }

  #call(handler: (change: Change<T>) => void, change: Change<T>): void {
    try {
      handler(change);
    } catch (error) {
      const facts = { resource: this.resource.resource, key: keyOf(change.object), error };
      logger.error("a handler for changes of {resource} failed at {key}: {error}", facts);
    }
  }

  #logFailure(state: ReflectorState, error: unknown): void {
    const facts = { resource: this.resource.resource, error: (error as Error).message };
    if (isExpired(error)) logger.debug("the watch of {resource} fell behind and lists anew: {error}", facts);
    else if (state.at === "listing") logger.warn("could not list {resource}: {error}", facts);
    else logger.info("the watch of {resource} was lost: {error}", facts);
  }
}
