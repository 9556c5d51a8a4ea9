import { isIP } from "node:net";
import type { Service } from "../../api/types/core_v1.ts";
import type { Endpoint, EndpointSlice } from "../../api/types/discovery_v1.ts";
import type { ServiceDirectory } from "../network/services/service_directory.ts";
import { isReady } from "../network/services/backends.ts";
import { isIPv4 } from "../network/cidr.ts";
import { type DnsRecord, isDomainName } from "./record.ts";

/** What the cluster's zone is made of. */
export interface ZoneFacts {
  /** In lower case, without the dot at its end: `cluster.local`. */
  readonly domain: string;
  readonly clusterDns: string;
}

export type ZoneDirectory = Pick<
  ServiceDirectory,
  "service" | "slicesOf" | "hasServicesIn" | "serviceAt" | "endpointsAt"
>;

/** What there is at a name, of all types. */
export type Found =
  | { readonly kind: "missing" }
  /** The name exists; it may have no records at all, or none of the type that is asked for. */
  | { readonly kind: "records"; readonly records: readonly DnsRecord[]; readonly additionals?: readonly DnsRecord[] }
  | { readonly kind: "alias"; readonly target: string };

/** Seconds. Short, because endpoints come and go: resolvers of applications may keep answers so long. */
export const ZONE_TTL = 5;

const MISSING: Found = { kind: "missing" };
const EMPTY: Found = { kind: "records", records: [] };
const ttl = ZONE_TTL;

/**
 * Looks up a name of the zone, by the rules of Kubernetes' "DNS-Based Service Discovery" 1.1.0. `labels` are those before the domain, in
 * lower case.
 */
export function lookUp(labels: readonly string[], directory: ZoneDirectory, facts: ZoneFacts): Found {
  const last = labels.at(-1);
  const rest = labels.slice(0, -1);
  switch (last) {
    case undefined:
      return found([soaRecord(facts), { type: "NS", ttl, data: `ns.dns.${facts.domain}` }]);
    case "svc":
      return lookUpService(rest, directory, facts);
    case "pod":
      return lookUpPod(rest);
    case "dns-version":
      return rest.length === 0 ? found([{ type: "TXT", ttl, data: "1.1.0" }]) : MISSING;
    case "dns":
      if (rest.length === 0) return EMPTY;
      return rest.length === 1 && rest[0] === "ns" ? found([{ type: "A", ttl, data: facts.clusterDns }]) : MISSING;
    default:
      return MISSING;
  }
}

/** `[[_port.]_protocol.|hostname.]service.namespace` */
function lookUpService(labels: readonly string[], directory: ZoneDirectory, facts: ZoneFacts): Found {
  const [namespace, name, third, fourth, ...more] = labels.toReversed();
  if (namespace === undefined) return EMPTY;
  if (more.length > 0) return MISSING;
  if (name === undefined) return directory.hasServicesIn(namespace) ? EMPTY : MISSING;
  const key = `${namespace}/${name}`;
  const service = directory.service(key);
  if (!service?.spec) return MISSING;
  const host = `${name}.${namespace}.svc.${facts.domain}`;
  if (service.spec.type === "ExternalName") {
    const target = (service.spec.externalName ?? "").replace(/\.$/, "");
    return third === undefined && isDomainName(target) ? { kind: "alias", target } : MISSING;
  }
  const isHeadless = service.spec.clusterIP === "None";
  const members = isHeadless ? readyMembers(directory.slicesOf(key)) : [];
  const srv = isHeadless ? headlessSrv(members, host) : clusterIPSrv(service, host);
  if (third === undefined) {
    const addresses = isHeadless ? members.map(({ address }) => address) : clusterIPs(service);
    return {
      ...found([...addressRecords(addresses), ...srv.map(({ record }) => record)]),
      additionals: additionals(srv),
    };
  }
  if (!third.startsWith("_")) {
    const matching = fourth === undefined ? members.filter(({ hostname }) => hostname === third) : [];
    return matching.length > 0 ? found(addressRecords(matching.map(({ address }) => address))) : MISSING;
  }
  const ofProtocol = srv.filter(({ protocol }) => `_${protocol}` === third);
  if (fourth === undefined) return ofProtocol.length > 0 ? EMPTY : MISSING;
  const named = ofProtocol.filter(({ port }) => `_${port}` === fourth);
  return named.length > 0 ? { ...found(named.map(({ record }) => record)), additionals: additionals(named) } : MISSING;
}

/** `10-42-0-7.namespace`: says nothing about whether there is such a Pod, as CoreDNS does by default. */
function lookUpPod([dashed, namespace, ...more]: readonly string[]): Found {
  if (dashed === undefined || namespace === undefined) return EMPTY;
  const address = dashed.replaceAll("-", ".");
  return more.length === 0 && isIPv4(address) ? found([{ type: "A", ttl, data: address }]) : MISSING;
}

/** The names of an address: a Service's for a cluster IP, endpoints' of headless Services. */
export function lookUpAddress(address: string, directory: ZoneDirectory, { domain }: ZoneFacts): Found {
  const service = directory.serviceAt(address);
  if (service) {
    const { name, namespace } = service.metadata;
    return found([{ type: "PTR", ttl, data: `${name}.${namespace}.svc.${domain}` }]);
  }
  const names = new Set<string>();
  for (const { serviceKey, endpoint } of directory.endpointsAt(address)) {
    const { metadata, spec } = directory.service(serviceKey) ?? {};
    if (metadata === undefined || spec?.clusterIP !== "None" || !isReady(endpoint)) continue;
    names.add(`${hostnameOf(endpoint, address)}.${metadata.name}.${metadata.namespace}.svc.${domain}`);
  }
  return names.size > 0 ? found([...names].map((data) => ({ type: "PTR", ttl, data }))) : MISSING;
}

/** For negative answers: `zone` is what they are negative about. Its last number is how many seconds they may be kept. */
export function soaRecord({ domain }: ZoneFacts, zone = domain): DnsRecord {
  const times = { serial: 1, refresh: 7200, retry: 1800, expire: 86_400, minimum: ttl };
  return { name: zone, type: "SOA", ttl, data: { mname: `ns.dns.${domain}`, rname: `hostmaster.${domain}`, ...times } };
}

interface Member {
  readonly hostname: string;
  readonly address: string;
  readonly slice: EndpointSlice;
}

function readyMembers(slices: readonly EndpointSlice[]): Member[] {
  const members = new Map<string, Member>();
  for (const slice of slices) {
    if (slice.addressType === "FQDN") continue;
    for (const endpoint of slice.endpoints ?? []) {
      if (!isReady(endpoint)) continue;
      for (const address of endpoint.addresses) {
        // Two slices of different ports may have the same endpoint.
        const key = `${address} ${JSON.stringify(slice.ports)}`;
        members.set(key, { hostname: hostnameOf(endpoint, address), address, slice });
      }
    }
  }
  return [...members.values()];
}

function hostnameOf(endpoint: Endpoint, address: string): string {
  return endpoint.hostname?.toLowerCase() || address.replace(/[.:]/g, "-");
}

interface Srv {
  readonly protocol: string;
  readonly port: string;
  readonly record: DnsRecord;
  /** Of the record's target. */
  readonly addresses: readonly string[];
}

function clusterIPSrv(service: Service, host: string): Srv[] {
  return (service.spec?.ports ?? []).map(({ name = "", protocol = "TCP", port }) => ({
    protocol: protocol.toLowerCase(),
    port: name,
    record: srvRecord(host, port),
    addresses: clusterIPs(service),
  }));
}

function headlessSrv(members: readonly Member[], host: string): Srv[] {
  return members.flatMap(({ hostname, address, slice }) =>
    (slice.ports ?? []).flatMap(({ name = "", protocol = "TCP", port }) =>
      port === undefined ? [] : [{
        protocol: protocol.toLowerCase(),
        port: name,
        record: srvRecord(`${hostname}.${host}`, port),
        addresses: [address],
      }]
    )
  );
}

function srvRecord(target: string, port: number): DnsRecord {
  return { type: "SRV", ttl, data: { priority: 0, weight: 100, port, target } };
}

function additionals(srv: readonly Srv[]): DnsRecord[] {
  const named = new Map<string, DnsRecord>();
  for (const { record, addresses } of srv) {
    if (record.type !== "SRV") continue;
    const name = record.data.target;
    for (const r of addressRecords(addresses)) named.set(`${name} ${r.data}`, { ...r, name });
  }
  return [...named.values()];
}

function clusterIPs({ spec }: Service): readonly string[] {
  return spec?.clusterIPs?.length ? spec.clusterIPs : spec?.clusterIP ? [spec.clusterIP] : [];
}

/** Each once, and none that is no address: the library would encode it as something else. */
function addressRecords(addresses: readonly string[]): Extract<DnsRecord, { data: string }>[] {
  return [...new Set(addresses)].flatMap((data) => {
    const family = isIP(data);
    return family === 0 ? [] : [{ type: family === 6 ? "AAAA" : "A", ttl, data }];
  });
}

function found(records: readonly DnsRecord[]): { kind: "records"; records: readonly DnsRecord[] } {
  return { kind: "records", records };
}
