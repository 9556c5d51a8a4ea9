import type { EndpointAddress, EndpointPort, EndpointSubset, Pod, Service } from "../../../api/types/core_v1.ts";
import { hostnameFor, ipsOf, isEndpoint, isIPv6, referenceTo, stateOf } from "./pod_endpoint.ts";
import { portsFor, portsKey } from "./service_ports.ts";

/** Addresses in one Endpoints object; who needs more reads EndpointSlices. */
export const maxAddresses = 1000;

/** The subsets for the Pods of a Service: one for each distinct set of ports. In a fixed order. */
export function subsetsOf(service: Service, pods: readonly Pod[]): { subsets: EndpointSubset[]; truncated: boolean } {
  const byPorts = new Map<string, { ports: EndpointPort[]; ready: EndpointAddress[]; unready: EndpointAddress[] }>();
  const wanted = pods.filter((pod) => isEndpoint(pod) && (service.spec.publishNotReadyAddresses || !isLeaving(pod)));
  const sorted = wanted.map((pod) => ({ pod, ip: ipFor(service, pod), ready: stateOf(service, pod).ready }))
    .sort((a, b) => Number(b.ready) - Number(a.ready) || (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0));
  for (const { pod, ip, ready } of sorted.slice(0, maxAddresses)) {
    if (ip === "") continue;
    const ports = portsFor(service, pod).map(({ name, protocol, port, appProtocol }) => ({
      ...(name === "" ? {} : { name }),
      port,
      protocol,
      ...(appProtocol === undefined ? {} : { appProtocol }),
    }));
    // A Pod without any of the ports serves nothing, unless the Service has none: headless ones may.
    if (ports.length === 0 && (service.spec.ports?.length ?? 0) > 0) continue;
    const key = portsKey(ports);
    const subset = byPorts.get(key) ?? { ports, ready: [], unready: [] };
    byPorts.set(key, subset);
    (ready ? subset.ready : subset.unready).push(addressOf(service, pod, ip));
  }
  const subsets = [...byPorts].sort(([a], [b]) => a < b ? -1 : 1).map(([, { ports, ready, unready }]) => ({
    ...(ready.length === 0 ? {} : { addresses: ready }),
    ...(unready.length === 0 ? {} : { notReadyAddresses: unready }),
    ...(ports.length === 0 ? {} : { ports }),
  }));
  return { subsets, truncated: sorted.length > maxAddresses };
}

function isLeaving({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function ipFor({ spec }: Service, pod: Pod): string {
  const family = spec.ipFamilies?.[0] ?? (isIPv6(spec.clusterIP ?? "") ? "IPv6" : "IPv4");
  return ipsOf(pod).find((ip) => isIPv6(ip) === (family === "IPv6")) ?? "";
}

function addressOf(service: Service, pod: Pod, ip: string): EndpointAddress {
  const hostname = hostnameFor(service, pod);
  const { nodeName } = pod.spec;
  return {
    ip,
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: referenceTo(pod),
  };
}
