import { getLogger } from "@logtape/logtape";
import type { KubeObject, Resource } from "../../../api/resource.ts";
import type { Client } from "../../../client/client.ts";

/** A resource of which a namespace still has objects, and the version of the list that showed them. */
export interface Watched {
  readonly resource: Resource<KubeObject>;
  readonly resourceVersion: string;
}

const logger = getLogger(["skiff", "controllers", "namespace"]);

/** Watches what is left in namespaces that are being deleted, each only as long as it takes. */
export class Vigils {
  readonly #client: Client;
  readonly #signal: AbortSignal;
  readonly #running = new Map<string, AbortController>();

  constructor(client: Client, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  /** Calls `onGone` when an object of one of the resources goes from the namespace. Replaces the vigil that was. */
  start(namespace: string, watched: readonly Watched[], onGone: () => void): void {
    this.end(namespace);
    const stop = new AbortController();
    this.#running.set(namespace, stop);
    const signal = AbortSignal.any([stop.signal, this.#signal]);
    for (const one of watched) void this.#watch(namespace, one, onGone, signal);
  }

  end(namespace: string): void {
    this.#running.get(namespace)?.abort();
    this.#running.delete(namespace);
  }

  /** A watch that fails is not taken up again: the namespace is looked at once in a while all the same. */
  async #watch(namespace: string, watched: Watched, onGone: () => void, signal: AbortSignal): Promise<void> {
    const { resource, resourceVersion } = watched;
    try {
      for await (const { type } of this.#client.watch(resource, { namespace, resourceVersion, signal })) {
        if (type === "DELETED") onGone();
      }
    } catch (error) {
      const facts = { namespace, resource: resource.resource, error: (error as Error).message };
      if (!signal.aborted) logger.debug("the watch of {resource} in {namespace} was lost: {error}", facts);
    }
  }
}
