import { endpointslices } from "../../../api/resources.ts";
import { isNotFound } from "../../../api/status.ts";
import type { EndpointSlice } from "../../../api/types/discovery_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";
import type { ControllerContext } from "../contract.ts";
import { isNamespaceTerminating } from "../runner.ts";
import { targetOf } from "../shared/claim.ts";
import { Expectations } from "../shared/expectations.ts";
import { managedByLabel, serviceNameLabel, type SlicePlan } from "./slices.ts";

/** The slices that one manager has made, by the Service they belong to: finds them, and carries plans out. */
export class ManagedSlices {
  readonly #context: ControllerContext;
  readonly #manager: string;
  readonly #slices: Informer<EndpointSlice>;
  readonly #expectations: Expectations;

  constructor(context: ControllerContext, manager: string) {
    this.#context = context;
    this.#manager = manager;
    this.#slices = context.informers.informer(endpointslices);
    this.#expectations = new Expectations(context.clock);
  }

  setup(enqueue: (serviceKey: string) => void): void {
    this.#slices.addIndex(this.#manager, this.#serviceKeys);
    this.#slices.onChange((change) => {
      for (const key of this.#serviceKeys(change.object)) {
        if (change.type === "added") this.#expectations.creationSeen(key);
        enqueue(key);
      }
      // One that lost its labels was ours.
      if (change.type === "updated") { for (const key of this.#serviceKeys(change.previous)) enqueue(key); }
    });
  }

  /** Undefined while some that were made are not in view: a plan made now would make them twice. */
  of(serviceKey: string): readonly EndpointSlice[] | undefined {
    if (!this.#expectations.areMet(serviceKey)) return undefined;
    return this.#slices.byIndex(this.#manager, serviceKey)
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  forget(serviceKey: string): void {
    this.#expectations.forget(serviceKey);
  }

  async carryOut(serviceKey: string, plan: SlicePlan, signal: AbortSignal): Promise<void> {
    const { client } = this.#context;
    if (plan.creates.length > 0) this.#expectations.expectCreations(serviceKey, plan.creates.length);
    let failure: unknown;
    for (const slice of plan.creates) {
      try {
        await client.create(endpointslices, slice, { signal });
      } catch (error) {
        this.#expectations.creationSeen(serviceKey);
        if (!isNamespaceTerminating(error)) failure = error;
      }
    }
    if (failure !== undefined) throw failure;
    for (const slice of plan.updates) await client.update(endpointslices, slice, { signal });
    for (const slice of plan.deletes) await this.#delete(slice, signal);
  }

  readonly #serviceKeys = ({ metadata: { labels = {}, namespace = "" } }: EndpointSlice): readonly string[] => {
    const name = labels[serviceNameLabel];
    return name === undefined || labels[managedByLabel] !== this.#manager ? [] : [`${namespace}/${name}`];
  };

  async #delete(slice: EndpointSlice, signal: AbortSignal): Promise<void> {
    try {
      await this.#context.client.delete(endpointslices, targetOf(slice), { signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
