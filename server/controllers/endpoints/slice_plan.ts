import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { controllerReference } from "../../../api/meta/owner.ts";
import { services } from "../../../api/resources.ts";
import type { Pod, Service } from "../../../api/types/core_v1.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "../../../api/types/discovery_v1.ts";
import { hostnameFor, ipsOf, isEndpoint, isHeadless, isIPv6, referenceTo, stateOf } from "./pod_endpoint.ts";
import { type PodPort, portsFor, portsKey } from "./service_ports.ts";
import { triggerTime, triggerTimeAnnotation } from "./trigger_time.ts";

export const serviceNameLabel = "kubernetes.io/service-name";
export const managedByLabel = "endpointslice.kubernetes.io/managed-by";
export const manager = "endpointslice-controller.k8s.io";
const headlessLabel = "service.kubernetes.io/headless";

export const maxEndpoints = 100;

export interface SlicePlan {
  readonly creates: readonly EndpointSlice[];
  readonly updates: readonly EndpointSlice[];
  readonly deletes: readonly EndpointSlice[];
}

/** Endpoints with equal ports, which share slices. */
interface Group {
  readonly addressType: string;
  readonly ports: EndpointPort[];
  /** By what tells an endpoint apart. */
  readonly endpoints: Map<string, Endpoint>;
}

/**
 * What to write so that the slices show the Service's Pods: as few writes as possible, for each goes to every node. An endpoint stays in
 * its slice; new ones fill up the fullest slice that has room. `zoneOf` gives a node's zone.
 */
export function planSlices(
  service: Service,
  pods: readonly Pod[],
  existing: readonly EndpointSlice[],
  zoneOf: (node: string) => string | undefined,
): SlicePlan {
  const selected = pods.filter(isEndpoint);
  const groups = groupsOf(service, selected, zoneOf);
  const left = new Set(existing);
  const wanted: EndpointSlice[] = [];
  const creates: EndpointSlice[] = [];
  for (const [key, group] of groups) {
    const own = existing.filter((slice) => groupKey(slice.addressType, slice.ports ?? []) === key);
    for (const slice of own) left.delete(slice);
    const { kept, fresh } = distribute(group, own);
    wanted.push(...kept.map((slice) => dressed(service, slice)));
    for (const endpoints of fresh) creates.push(dressed(service, newSlice(service, group, endpoints)));
  }
  const byName = new Map(existing.map((slice) => [slice.metadata.name, slice]));
  const time = triggerTime(service, selected);
  const updates = wanted.filter((slice) => !deepEqual(slice, byName.get(slice.metadata.name)));
  const empty = wanted.filter((slice) => slice.endpoints?.length === 0 && wanted.length + creates.length > 1);
  return {
    creates: creates.map((slice) => stamped(slice, time)),
    updates: updates.filter((slice) => !empty.includes(slice)).map((slice) => stamped(slice, time)),
    deletes: [...left, ...empty],
  };
}

function groupsOf(
  service: Service,
  pods: readonly Pod[],
  zoneOf: (node: string) => string | undefined,
): Map<string, Group> {
  const groups = new Map<string, Group>();
  const group = (addressType: string, ports: readonly PodPort[]) => {
    const written = ports.map(({ appProtocol, ...port }) => ({
      ...port,
      ...(appProtocol === undefined ? {} : { appProtocol }),
    }));
    const key = groupKey(addressType, written);
    const found = groups.get(key) ?? { addressType, ports: written, endpoints: new Map() };
    groups.set(key, found);
    return found;
  };
  for (const addressType of addressTypes(service)) {
    for (const pod of pods) {
      const addresses = ipsOf(pod).filter((ip) => isIPv6(ip) === (addressType === "IPv6"));
      if (addresses.length === 0) continue;
      const ports = portsFor(service, pod);
      group(addressType, ports).endpoints.set(pod.metadata.uid ?? "", endpointOf(service, pod, addresses, zoneOf));
    }
  }
  // A Service that has no endpoints has an empty slice all the same, which says so to whoever waits for one.
  if (groups.size === 0) { for (const addressType of addressTypes(service)) group(addressType, []); }
  return groups;
}

function addressTypes({ spec }: Service): string[] {
  return spec.ipFamilies?.length ? spec.ipFamilies : [isIPv6(spec.clusterIP ?? "") ? "IPv6" : "IPv4"];
}

function groupKey(addressType: string, ports: readonly EndpointPort[]): string {
  return addressType + portsKey(ports);
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

/** The group's endpoints in the slices that there are, and the contents of those that it takes besides. */
function distribute(group: Group, own: readonly EndpointSlice[]): { kept: EndpointSlice[]; fresh: Endpoint[][] } {
  const missing = new Map(group.endpoints);
  const take = (endpoint: Endpoint) => {
    const uid = endpoint.targetRef?.uid ?? "";
    const wanted = missing.get(uid);
    missing.delete(uid);
    return wanted;
  };
  const kept = own.map((slice) => ({
    ...slice,
    endpoints: (slice.endpoints ?? []).map(take).filter((endpoint) => endpoint !== undefined),
  }));
  const rest = [...missing.values()];
  for (const slice of kept.toSorted((a, b) => b.endpoints.length - a.endpoints.length)) {
    slice.endpoints.push(...rest.splice(0, Math.max(maxEndpoints - slice.endpoints.length, 0)));
  }
  const fresh: Endpoint[][] = [];
  while (rest.length > 0 || (fresh.length === 0 && kept.length === 0)) fresh.push(rest.splice(0, maxEndpoints));
  return { kept, fresh };
}

function newSlice(service: Service, { addressType, ports }: Group, endpoints: Endpoint[]): EndpointSlice {
  const { name = "", namespace = "" } = service.metadata;
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      generateName: `${name}-`.slice(0, 58),
      namespace,
      ownerReferences: [controllerReference(service, services)],
    },
    addressType,
    endpoints,
    ports,
  };
}

/** The slice with the labels that it should have: the Service's own and those that say whose it is. */
function dressed(service: Service, slice: EndpointSlice): EndpointSlice {
  const labels: Record<string, string> = { ...service.metadata.labels };
  if (isHeadless(service)) labels[headlessLabel] = "";
  else delete labels[headlessLabel];
  labels[serviceNameLabel] = service.metadata.name ?? "";
  labels[managedByLabel] = manager;
  return { ...slice, metadata: { ...slice.metadata, labels } };
}

function stamped(slice: EndpointSlice, time: string): EndpointSlice {
  const annotations = { ...slice.metadata.annotations, [triggerTimeAnnotation]: time };
  return { ...slice, metadata: { ...slice.metadata, annotations } };
}
