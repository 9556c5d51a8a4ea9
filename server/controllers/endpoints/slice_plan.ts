import { controllerReference } from "../../../api/meta/owner.ts";
import { services } from "../../../api/resources.ts";
import type { Pod, Service } from "../../../api/types/core_v1.ts";
import type { Endpoint, EndpointSlice } from "../../../api/types/discovery_v1.ts";
import { hostnameFor, ipsOf, isEndpoint, isHeadless, isIPv6, referenceTo, stateOf } from "./pod_endpoint.ts";
import { portsFor } from "./service_ports.ts";
import { fitSlices, Groups, identityOf, managedByLabel, serviceNameLabel, type SlicePlan } from "./slices.ts";
import { triggerTime } from "./trigger_time.ts";

export const manager = "endpointslice-controller.k8s.io";
const headlessLabel = "service.kubernetes.io/headless";

/** What to write so that the slices show the Service's Pods. `zoneOf` gives a node's zone. */
export function planSlices(
  service: Service,
  pods: readonly Pod[],
  existing: readonly EndpointSlice[],
  zoneOf: (node: string) => string | undefined,
): SlicePlan {
  const selected = pods.filter(isEndpoint);
  const { name = "", namespace = "" } = service.metadata;
  return fitSlices(groupsOf(service, selected, zoneOf), existing, {
    namespace,
    service: name,
    owner: controllerReference(service, services),
    labels: labelsFor(service),
    triggerTime: triggerTime(service, selected),
  });
}

function groupsOf(service: Service, pods: readonly Pod[], zoneOf: (node: string) => string | undefined): Groups {
  const groups = new Groups();
  for (const addressType of addressTypes(service)) {
    for (const pod of pods) {
      const addresses = ipsOf(pod).filter((ip) => isIPv6(ip) === (addressType === "IPv6"));
      if (addresses.length === 0) continue;
      const ports = portsFor(service, pod).map(({ appProtocol, ...port }) => ({
        ...port,
        ...(appProtocol === undefined ? {} : { appProtocol }),
      }));
      const endpoint = endpointOf(service, pod, addresses, zoneOf);
      groups.of(addressType, ports).endpoints.set(identityOf(endpoint), endpoint);
    }
  }
  // A Service that has no endpoints has an empty slice all the same, which says so to whoever waits for one.
  if (groups.size === 0) { for (const addressType of addressTypes(service)) groups.of(addressType, []); }
  return groups;
}

function addressTypes({ spec }: Service): string[] {
  return spec.ipFamilies?.length ? spec.ipFamilies : [isIPv6(spec.clusterIP ?? "") ? "IPv6" : "IPv4"];
}

function endpointOf(
  service: Service,
  pod: Pod,
  addresses: string[],
  zoneOf: (node: string) => string | undefined,
): Endpoint {
  const { nodeName } = pod.spec;
  const hostname = hostnameFor(service, pod);
  const zone = nodeName === undefined ? undefined : zoneOf(nodeName);
  return {
    // Upstream gives one address: consumers may not look at more.
    addresses: addresses.slice(0, 1),
    conditions: { ...stateOf(service, pod) },
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: referenceTo(pod),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
  };
}

/** The Service's own, and those that say whose the slice is. */
function labelsFor(service: Service): Record<string, string> {
  const { [headlessLabel]: _, ...labels } = service.metadata.labels ?? {};
  return {
    ...labels,
    ...(isHeadless(service) ? { [headlessLabel]: "" } : {}),
    [serviceNameLabel]: service.metadata.name ?? "",
    [managedByLabel]: manager,
  };
}
