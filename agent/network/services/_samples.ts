import type { Service, ServiceSpec } from "../../../api/types/core_v1.ts";
import type { Endpoint, EndpointSlice } from "../../../api/types/discovery_v1.ts";

/** A Service `default/NAME` with one port, http: 80. */
export function sampleService(name: string, spec: Partial<ServiceSpec> = {}): Service {
  const ports = [{ name: "http", protocol: "TCP", port: 80, targetPort: 8080 }];
  return {
    metadata: { namespace: "default", name },
    spec: { type: "ClusterIP", clusterIP: "10.43.0.20", ports, ...spec },
  };
}

/** Endpoints may be given as addresses: ready, on node `a`. */
export function sampleSlice(
  service: string,
  endpoints: readonly (string | Endpoint)[],
  more: Partial<EndpointSlice> = {},
): EndpointSlice {
  return {
    metadata: { namespace: "default", name: `${service}-x`, labels: { "kubernetes.io/service-name": service } },
    addressType: "IPv4",
    ports: [{ name: "http", protocol: "TCP", port: 8080 }],
    endpoints: endpoints.map((e) =>
      typeof e === "string" ? { addresses: [e], nodeName: "a", conditions: { ready: true } } : e
    ),
    ...more,
  };
}
