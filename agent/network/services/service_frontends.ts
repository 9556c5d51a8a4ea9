import { checkDns1123Label } from "../../../api/meta/names.ts";
import type { Service } from "../../../api/types/core_v1.ts";
import type { EndpointSlice } from "../../../api/types/discovery_v1.ts";
import { isIPv4, tryParseCidr } from "../cidr.ts";
import { backendsOf, isPort } from "./backends.ts";
import type { Affinity, Frontend, FrontendAddress, Protocol } from "./frontend.ts";

/** As `service.spec.ports[].protocol` writes them. */
export const PROTOCOLS: ReadonlyMap<string, Protocol> = new Map([["TCP", "tcp"], ["UDP", "udp"], ["SCTP", "sctp"]]);

/** The API's default of `sessionAffinityConfig.clientIP.timeoutSeconds`. */
const DEFAULT_AFFINITY_SECONDS = 10_800;

/** Everything at which a Service is reached on the node. None for headless and ExternalName Services, and for those of another proxy. */
export function serviceFrontends(service: Service, slices: readonly EndpointSlice[], nodeName: string): Frontend[] {
  const { metadata, spec } = service;
  const clusterIP = spec?.clusterIP ?? "";
  if (!spec || spec.type === "ExternalName" || !isIPv4(clusterIP)) return [];
  if (metadata.labels?.["service.kubernetes.io/service-proxy-name"] !== undefined) return [];

  const isExternal = spec.type === "NodePort" || spec.type === "LoadBalancer";
  const staysOutside = spec.externalTrafficPolicy === "Local";
  const staysInside = spec.internalTrafficPolicy === "Local";
  const frontends: Frontend[] = [];
  for (const port of spec.ports ?? []) {
    const protocol = PROTOCOLS.get(port.protocol ?? "TCP");
    if (protocol === undefined || !isPort(port.port)) continue;
    const name = { name: port.name ?? "", protocol: port.protocol ?? "TCP" };
    const common = { protocol, port: port.port, ...affinity(service, port.name ?? `${protocol}-${port.port}`) };
    frontends.push({
      ...common,
      at: { kind: "address", address: clusterIP },
      backends: backendsOf(slices, name, staysInside ? nodeName : undefined),
      masquerade: false,
      refusal: "reject",
    });

    const outside = {
      ...common,
      backends: backendsOf(slices, name, staysOutside ? nodeName : undefined),
      masquerade: !staysOutside,
      // Another node may have an endpoint: a load balancer in front is to try there, not to be refused (as kube-proxy does).
      refusal: staysOutside ? "drop" : "reject",
    } as const;
    for (const address of externalAddresses(service)) frontends.push({ ...outside, at: address });
    if (spec.type === "LoadBalancer") {
      const sources = sourceRanges(spec.loadBalancerSourceRanges);
      for (const at of loadBalancerAddresses(service)) frontends.push({ ...outside, at, ...sources });
    }
    if (isExternal && isPort(port.nodePort)) {
      frontends.push({ ...outside, port: port.nodePort, at: { kind: "node" } });
    }
  }
  return frontends;
}

function affinity({ metadata, spec }: Service, port: string): { affinity?: Affinity } {
  if (spec?.sessionAffinity !== "ClientIP") return {};
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS;
  const { namespace, name = "" } = metadata;
  // It goes into the rules' text: nothing but what the API lets be a Service's name.
  if (checkDns1123Label(name).length > 0) return {};
  return { affinity: { name, id: `${namespace}/${name}/${port}`, seconds: Math.max(1, Math.trunc(seconds)) } };
}

function externalAddresses({ spec }: Service): FrontendAddress[] {
  return (spec?.externalIPs ?? []).filter(isIPv4).map((address) => ({ kind: "address", address }));
}

function loadBalancerAddresses({ status }: Service): FrontendAddress[] {
  return (status?.loadBalancer?.ingress ?? [])
    .filter(({ ipMode }) => ipMode !== "Proxy")
    .flatMap(({ ip = "" }) => isIPv4(ip) ? [{ kind: "address", address: ip }] : []);
}

/** Ranges that are no IPv4 networks let nobody in; none given lets everybody in. */
function sourceRanges(ranges: readonly string[] = []): { sources?: readonly string[] } {
  if (ranges.length === 0) return {};
  return { sources: ranges.map((range) => range.trim()).filter((range) => tryParseCidr(range) !== undefined) };
}
