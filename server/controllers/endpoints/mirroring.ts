import { controllerReference } from "../../../api/meta/owner.ts";
import { keyOf } from "../../../api/resource.ts";
import { endpoints, services } from "../../../api/resources.ts";
import type { EndpointAddress, Endpoints, Service } from "../../../api/types/core_v1.ts";
import type { EndpointSlice } from "../../../api/types/discovery_v1.ts";
import { type Controller, type ControllerContext, DONE } from "../contract.ts";
import { managedByEndpoints } from "./endpoints.ts";
import { isIPv6 } from "./pod_endpoint.ts";
import { fitSlices, Groups, identityOf, managedByLabel, serviceNameLabel, type SlicePlan } from "./slices.ts";
import { ManagedSlices } from "./slice_writer.ts";

const manager = "endpointslicemirroring-controller.k8s.io";
const skipLabel = "endpointslice.kubernetes.io/skip-mirror";
/** Set by components that used Endpoints as a lock. */
const leaderAnnotation = "control-plane.alpha.kubernetes.io/leader";
/** Addresses of a subset; upstream mirrors no more either. */
const maxAddresses = 1000;

/** Shows the Endpoints that users made by hand for a Service without a selector as EndpointSlices, which is what nodes read. */
export function endpointSliceMirroringController(context: ControllerContext): Controller {
  const serviceViews = context.informers.informer(services);
  const endpointViews = context.informers.informer(endpoints);
  const slices = new ManagedSlices(context, manager);
  return {
    name: "endpointslice-mirroring",
    concurrency: 2,
    setup(enqueue) {
      slices.setup(enqueue);
      serviceViews.onChange(({ object }) => enqueue(keyOf(object)));
      endpointViews.onChange(({ object }) => {
        // Those that follow Services with a selector are many, and not ours.
        if (!managedByEndpoints(object)) enqueue(keyOf(object));
      });
    },
    async reconcile(key, signal) {
      const existing = slices.of(key);
      if (existing === undefined) return DONE;
      const [service, manual] = [serviceViews.get(key), endpointViews.get(key)];
      if (manual === undefined || service === undefined || !isMirrored(service, manual)) {
        await slices.carryOut(key, { creates: [], updates: [], deletes: existing }, signal);
        if (service === undefined) slices.forget(key);
        return DONE;
      }
      await slices.carryOut(key, planMirror(manual, existing), signal);
      return DONE;
    },
  };
}

function isMirrored(service: Service, manual: Endpoints): boolean {
  const { metadata } = manual;
  return service.spec.selector === undefined && service.spec.type !== "ExternalName" && !managedByEndpoints(manual) &&
    metadata.deletionTimestamp === undefined && metadata.labels?.[skipLabel] !== "true" &&
    metadata.annotations?.[leaderAnnotation] === undefined;
}

function planMirror(manual: Endpoints, existing: readonly EndpointSlice[]): SlicePlan {
  const groups = new Groups();
  for (const { ports = [], addresses = [], notReadyAddresses = [] } of manual.subsets ?? []) {
    const mirrored = ports.map(({ name = "", protocol = "TCP", ...port }) => ({ name, protocol, ...port }));
    const all = [
      ...addresses.map((one) => [one, true] as const),
      ...notReadyAddresses.map((one) => [one, false] as const),
    ];
    for (const [address, ready] of all.slice(0, maxAddresses)) {
      const endpoint = endpointOf(address, ready);
      groups.of(isIPv6(address.ip) ? "IPv6" : "IPv4", mirrored).endpoints.set(identityOf(endpoint), endpoint);
    }
  }
  const { name = "", namespace = "", labels } = manual.metadata;
  return fitSlices(groups, existing, {
    namespace,
    service: name,
    owner: controllerReference(manual, endpoints),
    labels: { ...labels, [serviceNameLabel]: name, [managedByLabel]: manager },
    triggerTime: "",
  });
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean) {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(targetRef === undefined ? {} : { targetRef }),
  };
}
