import { endpointslices, nodes, pods, services } from "../../../api/resources.ts";
import { isNotFound } from "../../../api/status.ts";
import type { Node, Pod, Service } from "../../../api/types/core_v1.ts";
import type { EndpointSlice } from "../../../api/types/discovery_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { isNamespaceTerminating } from "../runner.ts";
import { targetOf } from "../shared/claim.ts";
import { Expectations } from "../shared/expectations.ts";
import { hasOwnEndpoints } from "./pod_endpoint.ts";
import { selectedPods, watchServices } from "./service_watch.ts";
import { managedByLabel, manager, planSlices, serviceNameLabel } from "./slice_plan.ts";

const byService = "service";

function ownServiceKeys({ metadata: { labels = {}, namespace = "" } }: EndpointSlice): readonly string[] {
  const name = labels[serviceNameLabel];
  return name === undefined || labels[managedByLabel] !== manager ? [] : [`${namespace}/${name}`];
}

/** Keeps the EndpointSlices of Services with a selector. They go with their Service by their owner reference. */
export function endpointSliceController(context: ControllerContext): Controller {
  return new EndpointSliceController(context);
}

class EndpointSliceController implements Controller {
  readonly name = "endpointslice";
  readonly concurrency = 5;
  readonly #context: ControllerContext;
  readonly #services: Informer<Service>;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #expectations: Expectations;

  constructor(context: ControllerContext) {
    const { informers, clock } = context;
    this.#context = context;
    this.#services = informers.informer(services);
    this.#pods = informers.informer(pods);
    this.#nodes = informers.informer(nodes);
    this.#slices = informers.informer(endpointslices);
    this.#expectations = new Expectations(clock);
  }

  setup(enqueue: (key: string) => void): void {
    this.#slices.addIndex(byService, ownServiceKeys);
    watchServices(this.#services, this.#pods, enqueue);
    this.#slices.onChange((change) => {
      for (const key of ownServiceKeys(change.object)) {
        if (change.type === "added") this.#expectations.creationSeen(key);
        enqueue(key);
      }
      // One that lost its labels was ours.
      if (change.type === "updated") { for (const key of ownServiceKeys(change.previous)) enqueue(key); }
    });
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const service = this.#services.get(key);
    if (service === undefined) {
      this.#expectations.forget(key);
      return DONE;
    }
    const mustWait = !this.#expectations.areMet(key);
    if (mustWait || service.metadata.deletionTimestamp !== undefined || hasOwnEndpoints(service)) return DONE;
    const { client } = this.#context;
    const existing = this.#slices.byIndex(byService, key)
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const zoneOf = (node: string) => this.#nodes.get(node)?.metadata.labels?.["topology.kubernetes.io/zone"];
    const plan = planSlices(service, selectedPods(this.#pods, service), existing, zoneOf);
    if (plan.creates.length > 0) this.#expectations.expectCreations(key, plan.creates.length);
    let failure: unknown;
    for (const slice of plan.creates) {
      try {
        await client.create(endpointslices, slice, { signal });
      } catch (error) {
        this.#expectations.creationSeen(key);
        if (!isNamespaceTerminating(error)) failure = error;
      }
    }
    if (failure !== undefined) throw failure;
    for (const slice of plan.updates) await client.update(endpointslices, slice, { signal });
    for (const slice of plan.deletes) await this.#delete(slice, signal);
    return DONE;
  }

  async #delete(slice: EndpointSlice, signal: AbortSignal): Promise<void> {
    try {
      await this.#context.client.delete(endpointslices, targetOf(slice), { signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
