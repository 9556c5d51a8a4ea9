import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, root } from "../../../api/meta/field.ts";
import type { KubeObject } from "../../../api/resource.ts";
import { ipaddresses, services } from "../../../api/resources.ts";
import { internal, invalid } from "../../../api/status.ts";
import type { Service, ServicePort } from "../../../api/types/core_v1.ts";
import type { IPAddress } from "../../../api/types/networking_v1.ts";
import { isAllocated } from "../../service_network.ts";
import type { Cache } from "../cache/cache.ts";
import { type Storage, storageOf } from "../cache/layout.ts";
import { addressRange, Allocator, formatIPv4, parseIPv4 } from "./service_range.ts";

/** Numbers held for a write under way; the cache holds them when it is done. */
export interface Reservation {
  release(): void;
}

export interface ServiceAllocationOptions {
  readonly serviceCIDR: string;
  readonly nodePorts: { readonly first: number; readonly last: number };
  readonly random: () => number;
}

interface Held {
  readonly addresses: readonly number[];
  readonly ports: readonly number[];
}

const storage = storageOf(services);
const addressStorage = storageOf(ipaddresses);
const specPath = root("spec");

/**
 * Cluster IPs and node ports. What is taken is known from the Services in the cache, and from the writes that are under way: there is no
 * record of its own that could disagree. IPAddresses that people make keep addresses from Services.
 */
export class ServiceAllocation {
  readonly #addresses: Allocator;
  readonly #ports: Allocator;
  readonly #range: string;
  readonly #portRange: string;

  constructor(cache: Cache, { serviceCIDR, nodePorts, random }: ServiceAllocationOptions) {
    const range = addressRange(serviceCIDR);
    this.#range = serviceCIDR;
    this.#portRange = `${nodePorts.first}-${nodePorts.last}`;
    this.#addresses = new Allocator({ ...range, band: band(range.size, 16, 256), random });
    const portCount = nodePorts.last - nodePorts.first + 1;
    this.#ports = new Allocator({ first: nodePorts.first, size: portCount, band: band(portCount, 32, 128), random });
    this.#follow(cache, storage, (object) => heldBy(object as Service));
    this.#follow(cache, addressStorage, (object) => keptBy(object as IPAddress));
  }

  #follow(cache: Cache, of: Storage, held: (object: KubeObject) => Held): void {
    for (const entry of cache.resource(of).list()) this.#hold(held(entry.object));
    cache.observe(of, ({ current, previous }) => {
      if (current) this.#hold(held(current.object));
      if (previous) this.#release(held(previous.object));
    });
  }

  /**
   * Gives a Service the address and the ports that it lacks, in place, and holds them until the reservation is released. Throws a 422 for
   * chosen ones that are taken or out of range. Does nothing for other kinds.
   */
  reserve(of: Pick<Storage, "prefix">, object: KubeObject, old: KubeObject | undefined): Reservation | undefined {
    if (of.prefix !== storage.prefix) return undefined;
    const service = object as Service;
    const before = old === undefined ? { addresses: [], ports: [] } : heldBy(old as Service);
    const errors: FieldError[] = [];
    const taken = { addresses: [] as number[], ports: [] as number[] };
    try {
      this.#takeAddress(service, before, taken.addresses, errors);
      this.#takePorts(service, before, taken.ports, errors);
      if (errors.length > 0) throw invalid(services, service.metadata.name ?? "", errors);
    } catch (error) {
      this.#release(taken);
      throw error;
    }
    return { release: () => this.#release(taken) };
  }

  /** Whether storing the object may take a number that nobody has. */
  mayTake(of: Pick<Storage, "prefix">, object: KubeObject, old: KubeObject | undefined): boolean {
    if (of.prefix !== storage.prefix) return false;
    return old === undefined || !deepEqual((object as Service).spec, (old as Service).spec);
  }

  #takeAddress({ spec }: Service, before: Held, taken: number[], errors: FieldError[]): void {
    if (spec.type === "ExternalName" || spec.clusterIP === "None") return;
    if (spec.clusterIP) {
      const address = parseIPv4(spec.clusterIP);
      const path = specPath.child("clusterIPs");
      if (address === undefined || before.addresses.includes(address)) return;
      if (!this.#addresses.contains(address)) {
        const detail =
          `failed to allocate IP ${spec.clusterIP}: the provided IP (${spec.clusterIP}) is not in the valid range. The range of valid IPs is ${this.#range}`;
        errors.push(FieldError.invalid(path, [spec.clusterIP], detail));
      } else if (this.#addresses.isHeld(address)) {
        const detail = `failed to allocate IP ${spec.clusterIP}: provided IP is already allocated`;
        errors.push(FieldError.invalid(path, [spec.clusterIP], detail));
      } else this.#take(this.#addresses, address, taken);
      return;
    }
    const address = this.#addresses.free();
    if (address === undefined) throw internal(`failed to allocate a serviceIP: range ${this.#range} is full`);
    this.#take(this.#addresses, address, taken);
    spec.clusterIP = formatIPv4(address);
    spec.clusterIPs = [spec.clusterIP];
  }

  #takePorts({ spec }: Service, before: Held, taken: number[], errors: FieldError[]): void {
    if (usesNodePorts(spec)) this.#takeNodePorts(spec, before, taken, errors);
    if (needsHealthCheckPort(spec) && !spec.healthCheckNodePort) {
      spec.healthCheckNodePort = this.#freePort(taken);
    } else if (spec.healthCheckNodePort) {
      this.#takeChosen(spec.healthCheckNodePort, specPath.child("healthCheckNodePort"), before, taken, errors);
    }
  }

  #takeNodePorts(spec: Service["spec"], before: Held, taken: number[], errors: FieldError[]): void {
    for (const [index, port] of (spec.ports ?? []).entries()) {
      const chosen = port.nodePort;
      if (chosen) {
        this.#takeChosen(chosen, specPath.child("ports").index(index).child("nodePort"), before, taken, errors);
      } else if (allocatesNodePorts(spec)) port.nodePort = this.#portFor(port, spec.ports!, taken);
    }
  }

  #takeChosen(port: number, path: typeof specPath, before: Held, taken: number[], errors: FieldError[]): void {
    // Two protocols of one service share a port.
    if (before.ports.includes(port) || taken.includes(port)) return;
    if (!this.#ports.contains(port)) {
      const detail = `provided port is not in the valid range. The range of valid ports is ${this.#portRange}`;
      errors.push(FieldError.invalid(path, port, detail));
    } else if (this.#ports.isHeld(port)) {
      errors.push(FieldError.invalid(path, port, "provided port is already allocated"));
    } else this.#take(this.#ports, port, taken);
  }

  /** Where another protocol's port of the same number has a node port, the same one serves. */
  #portFor(port: ServicePort, all: readonly ServicePort[], taken: number[]): number {
    const twin = all.find((other) =>
      other !== port && other.port === port.port && other.protocol !== port.protocol && other.nodePort
    );
    return twin?.nodePort ?? this.#freePort(taken);
  }

  #freePort(taken: number[]): number {
    const port = this.#ports.free();
    if (port === undefined) throw internal(`failed to allocate a nodePort: range ${this.#portRange} is full`);
    this.#take(this.#ports, port, taken);
    return port;
  }

  #take(allocator: Allocator, number: number, taken: number[]): void {
    allocator.hold(number);
    taken.push(number);
  }

  #hold({ addresses, ports }: Held): void {
    for (const address of addresses) this.#addresses.hold(address);
    for (const port of ports) this.#ports.hold(port);
  }

  #release({ addresses, ports }: Held): void {
    for (const address of addresses) this.#addresses.release(address);
    for (const port of ports) this.#ports.release(port);
  }
}

/** Upstream's share of a range that is left to people: one part in `divisor`, from 16 to `most`. */
function band(size: number, divisor: number, most: number): number {
  return Math.min(Math.max(16, Math.floor(size / divisor)), most);
}

function heldBy({ spec }: Service): Held {
  const address = spec.clusterIP ? parseIPv4(spec.clusterIP) : undefined;
  const ports = new Set((spec.ports ?? []).flatMap(({ nodePort }) => nodePort ? [nodePort] : []));
  if (spec.healthCheckNodePort) ports.add(spec.healthCheckNodePort);
  return { addresses: address === undefined ? [] : [address], ports: [...ports] };
}

function keptBy(address: IPAddress): Held {
  const number = isAllocated(address) ? undefined : parseIPv4(address.metadata.name!);
  return { addresses: number === undefined ? [] : [number], ports: [] };
}

function usesNodePorts({ type }: Service["spec"]): boolean {
  return type === "NodePort" || type === "LoadBalancer";
}

/** A load balancer that does without has those alone that were asked for. */
function allocatesNodePorts({ type, allocateLoadBalancerNodePorts }: Service["spec"]): boolean {
  return type === "NodePort" || allocateLoadBalancerNodePorts !== false;
}

function needsHealthCheckPort({ type, externalTrafficPolicy }: Service["spec"]): boolean {
  return type === "LoadBalancer" && externalTrafficPolicy === "Local";
}
