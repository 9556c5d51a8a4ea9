import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { keyOf, splitKey } from "../../../api/resource.ts";
import { endpoints, pods, services } from "../../../api/resources.ts";
import { isNotFound } from "../../../api/status.ts";
import type { Endpoints, Pod, Service } from "../../../api/types/core_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { isNamespaceTerminating } from "../runner.ts";
import { hasOwnEndpoints, isHeadless } from "./pod_endpoint.ts";
import { selectedPods, watchServices } from "./service_watch.ts";
import { subsetsOf } from "./subsets.ts";
import { triggerTime, triggerTimeAnnotation } from "./trigger_time.ts";

const headlessLabel = "service.kubernetes.io/headless";
const managedByLabel = "endpoints.kubernetes.io/managed-by";
const manager = "endpoint-controller";
const capacityAnnotation = "endpoints.kubernetes.io/over-capacity";

/** Keeps the Endpoints object of each Service with a selector, for clients that do not read EndpointSlices. */
export function endpointsController(context: ControllerContext): Controller {
  return new EndpointsController(context);
}

class EndpointsController implements Controller {
  readonly name = "endpoints";
  readonly concurrency = 5;
  readonly #context: ControllerContext;
  readonly #services: Informer<Service>;
  readonly #pods: Informer<Pod>;
  readonly #endpoints: Informer<Endpoints>;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#services = context.informers.informer(services);
    this.#pods = context.informers.informer(pods);
    this.#endpoints = context.informers.informer(endpoints);
  }

  setup(enqueue: (key: string) => void): void {
    watchServices(this.#services, this.#pods, enqueue);
    this.#endpoints.onChange(({ object }) => {
      if (managedByEndpoints(object)) enqueue(keyOf(object));
    });
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const { client } = this.#context;
    const service = this.#services.get(key);
    const current = this.#endpoints.get(key);
    if (service === undefined) {
      if (current !== undefined && managedByEndpoints(current)) await this.#delete(key, current, signal);
      return DONE;
    }
    if (hasOwnEndpoints(service) || service.metadata.deletionTimestamp !== undefined) return DONE;
    const next = wantedEndpoints(service, selectedPods(this.#pods, service), current);
    if (next === undefined) return DONE;
    try {
      await (current === undefined
        ? client.create(endpoints, next, { signal })
        : client.update(endpoints, next, { signal }));
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
    }
    return DONE;
  }

  async #delete(key: string, { metadata: { uid = "" } }: Endpoints, signal: AbortSignal): Promise<void> {
    try {
      await this.#context.client.delete(endpoints, splitKey(key), { signal, preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

/** Whether the object follows a Service's selector; others were made by hand. */
export function managedByEndpoints({ metadata }: Endpoints): boolean {
  return metadata.labels?.[managedByLabel] === manager;
}

/** Undefined when the object is as it should be. */
function wantedEndpoints(
  service: Service,
  selected: readonly Pod[],
  current: Endpoints | undefined,
): Endpoints | undefined {
  const { subsets, truncated } = subsetsOf(service, selected);
  const labels: Record<string, string> = { ...service.metadata.labels, [managedByLabel]: manager };
  if (isHeadless(service)) labels[headlessLabel] = "";
  else delete labels[headlessLabel];
  const { [capacityAnnotation]: _, ...kept } = current?.metadata.annotations ?? {};
  const annotations = truncated ? { ...kept, [capacityAnnotation]: "truncated" } : kept;
  const { name = "", namespace = "" } = service.metadata;
  const metadata = current?.metadata ?? { name, namespace };
  const same = current !== undefined && deepEqual(current.subsets ?? [], subsets) &&
    deepEqual(metadata.labels ?? {}, labels) && deepEqual(metadata.annotations ?? {}, annotations);
  if (same) return undefined;
  const time = triggerTime(service, selected);
  return {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { ...metadata, labels, annotations: { ...annotations, [triggerTimeAnnotation]: time } },
    ...(subsets.length === 0 ? {} : { subsets }),
  };
}
