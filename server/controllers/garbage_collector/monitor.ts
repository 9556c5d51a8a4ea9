import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../../api/clock.ts";
import type { KubeObject, Resource } from "../../../api/resource.ts";
import type { Client } from "../../../client/client.ts";
import { pause } from "../../../client/pause.ts";
import { initialState, nextState, type ReflectorInput, type ReflectorState } from "../../../client/reflector.ts";
import type { OwnerGraph } from "./graph.ts";

/** Lists come in pages, so that no list is ever held in one piece. */
const pageSize = 500;
const logger = getLogger(["skiff", "controllers", "garbage-collector"]);

/**
 * Keeps the graph current for one resource. Unlike an informer it holds no objects: with one for every kind there is, they would all be in
 * memory for good.
 */
export class Monitor {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #resource: Resource;
  readonly #graph: OwnerGraph;
  readonly #listed = Promise.withResolvers<void>();

  constructor(client: Client, clock: Clock, resource: Resource, graph: OwnerGraph) {
    this.#client = client;
    this.#clock = clock;
    this.#resource = resource;
    this.#graph = graph;
  }

  /** Resolves once the first list is in the graph. */
  get listed(): Promise<void> {
    return this.#listed.promise;
  }

  /** Until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    let state: ReflectorState = initialState;
    const progress = (input: ReflectorInput) => state = nextState(state, input, Math.random);
    while (!signal.aborted) {
      try {
        if (state.at === "listing") progress({ type: "listed", resourceVersion: await this.#list(signal) });
        else if (state.at === "waiting") {
          await pause(this.#clock, state.milliseconds, signal);
          progress({ type: "waited" });
        } else {
          const start = this.#clock.now();
          await this.#watch(state.resourceVersion, signal, progress);
          progress({ type: "ended", lasted: this.#clock.now() - start });
        }
      } catch (error) {
        if (signal.aborted) return;
        const facts = { resource: this.#resource.resource, error: (error as Error).message };
        logger.debug("could not {at} {resource}: {error}", { ...facts, at: state.at });
        progress({ type: "failed", error });
      }
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    const present = new Set<string>();
    let version = "";
    let next: string | undefined;
    do {
      const options = { limit: pageSize, signal, ...(next === undefined ? {} : { continue: next }) };
      const page = await this.#client.list(this.#resource, options);
      for (const { metadata } of page.items) {
        this.#graph.observe(this.#resource, metadata);
        present.add(metadata.uid ?? "");
      }
      version ||= page.metadata.resourceVersion ?? "";
      next = page.metadata.continue || undefined;
    } while (next !== undefined);
    const gone = [...this.#graph.of(this.#resource)].filter(({ uid }) => !present.has(uid));
    for (const node of gone) this.#graph.remove(node);
    this.#listed.resolve();
    return version;
  }

  async #watch(
    resourceVersion: string,
    signal: AbortSignal,
    progress: (input: ReflectorInput) => void,
  ): Promise<void> {
    for await (const event of this.#client.watch<KubeObject>(this.#resource, { resourceVersion, signal })) {
      if (event.type === "BOOKMARK") progress({ type: "progressed", resourceVersion: event.resourceVersion });
      else {
        const { metadata } = event.object;
        if (event.type === "DELETED") this.#graph.forget(this.#resource, metadata);
        else this.#graph.observe(this.#resource, metadata);
        progress({ type: "progressed", resourceVersion: metadata.resourceVersion ?? resourceVersion });
      }
    }
  }
}
