import { nodes, pods, services } from "../../../api/resources.ts";
import { type Controller, type ControllerContext, DONE } from "../contract.ts";
import { hasOwnEndpoints } from "./pod_endpoint.ts";
import { selectedPods, watchServices } from "./service_watch.ts";
import { manager, planSlices } from "./slice_plan.ts";
import { ManagedSlices } from "./slice_writer.ts";

/** Keeps the EndpointSlices of Services with a selector. They go with their Service by their owner reference. */
export function endpointSliceController(context: ControllerContext): Controller {
  const { informers } = context;
  const serviceViews = informers.informer(services);
  const podViews = informers.informer(pods);
  const nodeViews = informers.informer(nodes);
  const slices = new ManagedSlices(context, manager);
  const zoneOf = (node: string) => nodeViews.get(node)?.metadata.labels?.["topology.kubernetes.io/zone"];
  return {
    name: "endpointslice",
    concurrency: 5,
    setup(enqueue) {
      watchServices(serviceViews, podViews, enqueue);
      slices.setup(enqueue);
    },
    async reconcile(key, signal) {
      const service = serviceViews.get(key);
      if (service === undefined) slices.forget(key);
      const existing = slices.of(key);
      if (service === undefined || existing === undefined) return DONE;
      if (hasOwnEndpoints(service) || service.metadata.deletionTimestamp !== undefined) return DONE;
      await slices.carryOut(key, planSlices(service, selectedPods(podViews, service), existing, zoneOf), signal);
      return DONE;
    },
  };
}
