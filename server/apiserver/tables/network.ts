import type { Endpoints, Service } from "../../../api/types/core_v1.ts";
import type { EndpointSlice } from "../../../api/types/discovery_v1.ts";
import type { Ingress, IngressClass, IPAddress, NetworkPolicy, ServiceCIDR } from "../../../api/types/networking_v1.ts";
import { age, columns, type ColumnTable, labelText, name, orNone, selectorText } from "./column.ts";

export const networkColumns: ColumnTable = {
  "/services": columns<Service>(
    name,
    { name: "Type", cell: (s) => s.spec.type ?? "ClusterIP" },
    { name: "Cluster-IP", cell: (s) => orNone(s.spec.clusterIPs?.[0] ?? s.spec.clusterIP) },
    { name: "External-IP", cell: externalIP },
    { name: "Port(s)", cell: servicePorts },
    age,
    { name: "Selector", wide: true, cell: (s) => labelText(s.spec.selector) },
  ),
  "/endpoints": columns<Endpoints>(name, { name: "Endpoints", cell: endpointsText }, age),
  "discovery.k8s.io/endpointslices": columns<EndpointSlice>(
    name,
    { name: "AddressType", cell: (e) => e.addressType },
    {
      name: "Ports",
      cell: (e) => shortened((e.ports ?? []).map((p) => p.port === undefined ? "*" : String(p.port)), "<unset>"),
    },
    { name: "Endpoints", cell: (e) => shortened((e.endpoints ?? []).flatMap((p) => p.addresses), "<unset>") },
    age,
  ),
  "networking.k8s.io/ingresses": columns<Ingress>(
    name,
    {
      name: "Class",
      cell: (i) => orNone(i.spec.ingressClassName),
    },
    { name: "Hosts", cell: (i) => shortened((i.spec.rules ?? []).flatMap((r) => r.host ? [r.host] : []), "*") },
    {
      name: "Address",
      cell: (i) => balancersOf(i.status?.loadBalancer?.ingress).join(","),
    },
    { name: "Ports", cell: (i) => (i.spec.tls ?? []).length > 0 ? "80, 443" : "80" },
    age,
  ),
  "networking.k8s.io/ingressclasses": columns<IngressClass>(
    name,
    { name: "Controller", cell: (i) => i.spec.controller ?? "" },
    {
      name: "Parameters",
      cell: ({ spec: { parameters } }) =>
        parameters
          ? `${parameters.kind}${parameters.apiGroup ? `.${parameters.apiGroup}` : ""}/${parameters.name}`
          : "<none>",
    },
    age,
  ),
  "networking.k8s.io/networkpolicies": columns<NetworkPolicy>(
    name,
    { name: "Pod-Selector", cell: (n) => selectorText(n.spec.podSelector) },
    age,
  ),
  "networking.k8s.io/ipaddresses": columns<IPAddress>(
    name,
    {
      name: "ParentRef",
      cell: ({ spec: { parentRef: p } }) =>
        p ? [[p.resource, p.group].filter(Boolean).join("."), p.namespace, p.name].filter(Boolean).join("/") : "<none>",
    },
  ),
  "networking.k8s.io/servicecidrs": columns<ServiceCIDR>(
    name,
    { name: "CIDRs", cell: (s) => (s.spec.cidrs ?? []).join(",") },
    age,
  ),
};

function servicePorts(service: Service): string {
  return orNone(
    (service.spec.ports ?? []).map((p) => `${p.port}${p.nodePort ? `:${p.nodePort}` : ""}/${p.protocol ?? "TCP"}`).join(
      ",",
    ),
  );
}

/** Each once, in alphabetical order. */
function balancersOf(ingress: readonly { readonly ip?: string; readonly hostname?: string }[] = []): string[] {
  return [...new Set(ingress.map(({ ip, hostname }) => ip || hostname || ""))].filter(Boolean).sort();
}

function externalIP({ spec, status }: Service): string {
  const own = spec.externalIPs ?? [];
  if (spec.type === "ExternalName") return spec.externalName ?? "";
  if (spec.type !== "LoadBalancer") return orNone(own.join(","));
  const all = [...balancersOf(status?.loadBalancer?.ingress), ...own];
  return all.length > 0 ? all.join(",") : "<pending>";
}

function endpointsText(endpoints: Endpoints): string {
  const all = (endpoints.subsets ?? []).flatMap((subset) => {
    const addresses = subset.addresses ?? [];
    if (!subset.ports || subset.ports.length === 0) return addresses.map((a) => a.ip);
    return subset.ports.flatMap((port) =>
      addresses.map((a) => `${a.ip.includes(":") ? `[${a.ip}]` : a.ip}:${port.port}`)
    );
  });
  return shortened(all, "<none>");
}

/** The first three, and how many there are besides. */
function shortened(all: readonly string[], none: string): string {
  if (all.length === 0) return none;
  return all.slice(0, 3).join(",") + (all.length > 3 ? ` + ${all.length - 3} more...` : "");
}
