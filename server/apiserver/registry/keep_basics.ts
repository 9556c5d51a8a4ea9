import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../../api/clock.ts";
import { keyOf, type KubeObject, type Resource } from "../../../api/resource.ts";
import { endpoints, endpointslices, namespaces, servicecidrs, services } from "../../../api/resources.ts";
import type { Client } from "../../../client/client.ts";
import type { InformerFactory } from "../../../client/informer_contract.ts";
import { pause } from "../../../client/pause.ts";
import {
  bootstrap,
  type BootstrapOptions,
  DEFAULT_SERVICE_CIDR,
  KUBERNETES_SERVICE,
  SYSTEM_NAMESPACES,
} from "./bootstrap.ts";

export interface KeepBasicsOptions extends BootstrapOptions {
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const logger = getLogger(["skiff", "server"]);
const firstRetry = 200;
const lastRetry = 10_000;
const kubernetes = `${KUBERNETES_SERVICE.namespace}/${KUBERNETES_SERVICE.name}`;

/** Makes what {@linkcode bootstrap} makes again as soon as somebody deletes it: without it no Pod finds the API, and no node can hold its Lease. */
export function keepBasics(options: KeepBasicsOptions): void {
  const { informers, client, clock, signal } = options;
  let isMissing = false;
  let isBusy = false;

  async function restore(): Promise<void> {
    isMissing = true;
    if (isBusy) return;
    isBusy = true;
    for (let delay = firstRetry; isMissing && !signal.aborted; delay = Math.min(delay * 2, lastRetry)) {
      isMissing = false;
      try {
        await bootstrap(client, options);
      } catch (error) {
        if (signal.aborted) return;
        isMissing = true;
        logger.warn("what every cluster has could not be made again ({error}); next try in {delay} ms", {
          error,
          delay,
        });
        await pause(clock, delay, signal).catch(() => {});
      }
    }
    isBusy = false;
  }

  function watch<T extends KubeObject>(resource: Resource<T>, keys: readonly string[]): void {
    informers.informer(resource).onChange((change) => {
      if (change.type === "deleted" && keys.includes(keyOf(change.object))) void restore();
    });
  }
  watch(namespaces, SYSTEM_NAMESPACES);
  watch(servicecidrs, [DEFAULT_SERVICE_CIDR]);
  watch(services, [kubernetes]);
  watch(endpoints, [kubernetes]);
  watch(endpointslices, [kubernetes]);
}
