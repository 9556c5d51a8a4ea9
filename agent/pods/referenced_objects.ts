import type { Clock } from "../../api/clock.ts";
import type { KubeObject, Resource } from "../../api/resource.ts";
import type { Client } from "../../client/client.ts";
import type { Informer } from "../../client/informer_contract.ts";
import { createInformerFactory } from "../../client/informers.ts";
import { PodError } from "./pod_error.ts";

export interface ReferencedObjectsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** An object that these Pods use has changed. */
  readonly changed: (uids: Iterable<string>) => void;
}

interface Entry {
  readonly informer: Informer<KubeObject>;
  readonly stop: AbortController;
  readonly users: Set<string>;
}

/** How long a first answer may take before the Pod is told that its object cannot be had. */
const firstAnswerMilliseconds = 15_000;

/** ConfigMaps and Secrets that Pods of this node use, and no others: one watch each, ended with the last Pod that uses it. */
export class ReferencedObjects {
  readonly #options: ReferencedObjectsOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: ReferencedObjectsOptions) {
    this.#options = options;
  }

  /**
   * The object as it is now; undefined when there is none. `uid` is the Pod that uses it from now on. Rejects when no server answers within so many milliseconds; when one
   * does, its users are told.
   */
  async get<T extends KubeObject>(
    resource: Resource<T>,
    namespace: string,
    name: string,
    uid: string,
    patience: number = firstAnswerMilliseconds,
  ): Promise<T | undefined> {
    const entry = this.#entry(resource as unknown as Resource, namespace, name);
    entry.users.add(uid);
    if (!entry.informer.synced) {
      const limit = AbortSignal.timeout(patience);
      try {
        await entry.informer.whenSynced(AbortSignal.any([limit, this.#options.signal, entry.stop.signal]));
      } catch (error) {
        if (!limit.aborted) throw error;
        this.#tellLater(entry);
        const message = `${resource.kind} ${namespace}/${name} could not be read: the API server does not answer`;
        throw new PodError("FailedMount", message);
      }
    }
    return entry.informer.get(`${namespace}/${name}`) as T | undefined;
  }

  #tellLater({ informer, users, stop }: Entry): void {
    informer.whenSynced(AbortSignal.any([this.#options.signal, stop.signal])).then(
      () => this.#options.changed([...users]),
      () => {},
    );
  }

  /** The Pod uses nothing any more. */
  release(uid: string): void {
    for (const [key, entry] of this.#entries) {
      if (!entry.users.delete(uid) || entry.users.size > 0) continue;
      entry.stop.abort(new Error("no Pod uses it any more"));
      this.#entries.delete(key);
    }
  }

  /** How many objects are watched. */
  get size(): number {
    return this.#entries.size;
  }

  #entry(resource: Resource, namespace: string, name: string): Entry {
    const key = `${resource.resource}/${namespace}/${name}`;
    const known = this.#entries.get(key);
    if (known) return known;
    const { client, clock, signal, changed } = this.#options;
    const stop = new AbortController();
    const factory = createInformerFactory(client, { clock });
    const informer = factory.informer(resource, { namespace, fieldSelector: `metadata.name=${name}` });
    const users = new Set<string>();
    informer.onChange(() => {
      // The first answer is waited for by those who asked.
      if (informer.synced) changed([...users]);
    });
    factory.start(AbortSignal.any([signal, stop.signal]));
    const entry = { informer, stop, users };
    this.#entries.set(key, entry);
    return entry;
  }
}
