import type { Endpoint, EndpointSlice } from "../../../api/types/discovery_v1.ts";
import { isIPv4, parseIPv4 } from "../cidr.ts";
import type { Backend } from "./frontend.ts";

export interface PortName {
  /** `""` for a Service's only, unnamed port. */
  readonly name: string;
  /** As in the API: `TCP`. */
  readonly protocol: string;
}

/**
 * The backends of a Service's port: ready endpoints, or, where none is ready, those that still serve while they terminate (KEP-1669). With
 * `onNode` only that node's endpoints count.
 */
export function backendsOf(slices: readonly EndpointSlice[], port: PortName, onNode?: string): readonly Backend[] {
  const ready = new Map<string, Backend>();
  const terminating = new Map<string, Backend>();
  for (const slice of slices) {
    if (slice.addressType !== "IPv4") continue;
    const number = portIn(slice, port);
    if (number === undefined) continue;
    for (const endpoint of slice.endpoints ?? []) {
      if (onNode !== undefined && endpoint.nodeName !== onNode) continue;
      const into = isReady(endpoint) ? ready : isServingItsLast(endpoint) ? terminating : undefined;
      if (into === undefined) continue;
      // Addresses of one endpoint are fungible; consumers use the first (API documentation of Endpoint.addresses).
      const address = endpoint.addresses[0];
      if (address !== undefined && isIPv4(address)) into.set(`${address}:${number}`, { address, port: number });
    }
  }
  const chosen = ready.size > 0 ? ready : terminating;
  return [...chosen.values()].sort((a, b) => parseIPv4(a.address)! - parseIPv4(b.address)! || a.port - b.port);
}

function portIn(slice: EndpointSlice, { name, protocol }: PortName): number | undefined {
  for (const port of slice.ports ?? []) {
    if ((port.name ?? "") === name && (port.protocol ?? "TCP") === protocol && isPort(port.port)) return port.port;
  }
  return undefined;
}

export function isPort(port: number | undefined): port is number {
  return Number.isInteger(port) && port! > 0 && port! < 65536;
}

/** Absent means true (API documentation of EndpointConditions). */
export function isReady({ conditions }: Endpoint): boolean {
  return conditions?.ready ?? true;
}

function isServingItsLast({ conditions }: Endpoint): boolean {
  return conditions?.serving === true && conditions.terminating === true;
}
