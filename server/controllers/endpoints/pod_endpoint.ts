import { deepEqual } from "../../../api/meta/deep_equal.ts";
import type { ObjectReference, Pod, Service } from "../../../api/types/core_v1.ts";
import { isReady, isTerminal } from "../shared/pod_state.ts";

/** Whether a selected Pod belongs to the Service at all; its conditions say how. */
export function isEndpoint(pod: Pod): boolean {
  return !isTerminal(pod) && ipsOf(pod).length > 0;
}

export function ipsOf({ status }: Pod): string[] {
  const ips = (status?.podIPs ?? []).map(({ ip }) => ip).filter((ip) => ip !== undefined && ip !== "") as string[];
  return ips.length === 0 && status?.podIP ? [status.podIP] : ips;
}

export function isIPv6(ip: string): boolean {
  return ip.includes(":");
}

export interface EndpointState {
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

export function stateOf(service: Service, pod: Pod): EndpointState {
  const serving = isReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  return { ready: service.spec.publishNotReadyAddresses || (serving && !terminating), serving, terminating };
}

/** The name under which DNS knows the Pod in a headless Service. */
export function hostnameFor(service: Service, pod: Pod): string | undefined {
  const { hostname, subdomain } = pod.spec;
  return hostname && subdomain === service.metadata.name ? hostname : undefined;
}

export function referenceTo({ metadata: { namespace = "", name = "", uid = "" } }: Pod): ObjectReference {
  return { kind: "Pod", namespace, name, uid };
}

export function isHeadless({ spec }: Service): boolean {
  return spec.clusterIP === "None";
}

/** Services whose endpoints are not ours to make: without a selector, or a name elsewhere. */
export function hasOwnEndpoints({ spec }: Service): boolean {
  return spec.selector === undefined || spec.type === "ExternalName";
}

/** Whether anything changed that endpoints are made of. */
export function isEndpointChange(previous: Pod, next: Pod): boolean {
  return !deepEqual(essence(previous), essence(next));
}

function essence(pod: Pod): unknown {
  const { spec, metadata } = pod;
  return [
    isTerminal(pod),
    isReady(pod),
    ipsOf(pod),
    metadata.labels,
    metadata.deletionTimestamp !== undefined,
    spec.nodeName,
    spec.hostname,
    spec.subdomain,
  ];
}
