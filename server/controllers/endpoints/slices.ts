import { deepEqual } from "../../../api/meta/deep_equal.ts";
import type { OwnerReference } from "../../../api/types/meta_v1.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "../../../api/types/discovery_v1.ts";
import { portsKey } from "./service_ports.ts";
import { triggerTimeAnnotation } from "./trigger_time.ts";

export const serviceNameLabel = "kubernetes.io/service-name";
export const managedByLabel = "endpointslice.kubernetes.io/managed-by";

export const maxEndpoints = 100;

export interface SlicePlan {
  readonly creates: readonly EndpointSlice[];
  readonly updates: readonly EndpointSlice[];
  readonly deletes: readonly EndpointSlice[];
}

/** Endpoints with equal ports, which share slices. */
export interface Group {
  readonly addressType: string;
  readonly ports: EndpointPort[];
  /** By what tells an endpoint apart: its Pod, or its address where there is none. */
  readonly endpoints: Map<string, Endpoint>;
}

/** What all slices of a Service have in common. */
export interface SliceFace {
  readonly namespace: string;
  readonly service: string;
  readonly owner: OwnerReference;
  readonly labels: Readonly<Record<string, string>>;
  /** Goes into an annotation of those that are written. */
  readonly triggerTime: string;
}

/** The groups by what their slices have in common. */
export class Groups {
  readonly #groups = new Map<string, Group>();

  get size(): number {
    return this.#groups.size;
  }

  of(addressType: string, ports: EndpointPort[]): Group {
    const key = groupKey(addressType, ports);
    const found = this.#groups.get(key) ?? { addressType, ports, endpoints: new Map() };
    this.#groups.set(key, found);
    return found;
  }

  [Symbol.iterator](): MapIterator<[string, Group]> {
    return this.#groups[Symbol.iterator]();
  }
}

/**
 * What to write so that the slices show the groups: as few writes as possible, for each goes to every node. An endpoint stays in its slice; new ones
 * fill up the fullest slice that has room.
 */
export function fitSlices(groups: Groups, existing: readonly EndpointSlice[], face: SliceFace): SlicePlan {
  const left = new Set(existing);
  const wanted: EndpointSlice[] = [];
  const creates: EndpointSlice[] = [];
  for (const [key, group] of groups) {
    const own = existing.filter((slice) => groupKey(slice.addressType, slice.ports ?? []) === key);
    for (const slice of own) left.delete(slice);
    const { kept, fresh } = distribute(group, own);
    wanted.push(...kept.map((slice) => dressed(slice, face)));
    for (const endpoints of fresh) creates.push(dressed(newSlice(group, endpoints, face), face));
  }
  const byName = new Map(existing.map((slice) => [slice.metadata.name, slice]));
  const updates = wanted.filter((slice) => !deepEqual(slice, byName.get(slice.metadata.name)));
  const empty = wanted.filter((slice) => slice.endpoints?.length === 0 && wanted.length + creates.length > 1);
  return {
    creates: creates.map((slice) => stamped(slice, face)),
    updates: updates.filter((slice) => !empty.includes(slice)).map((slice) => stamped(slice, face)),
    deletes: [...left, ...empty],
  };
}

/** What tells an endpoint apart from the others of its Service. */
export function identityOf({ targetRef, addresses }: Endpoint): string {
  return targetRef?.uid ?? addresses[0] ?? "";
}

function groupKey(addressType: string, ports: readonly EndpointPort[]): string {
  return addressType + portsKey(ports);
}

/** The group's endpoints in the slices that there are, and the contents of those that it takes besides. */
function distribute(group: Group, own: readonly EndpointSlice[]): { kept: EndpointSlice[]; fresh: Endpoint[][] } {
  const missing = new Map(group.endpoints);
  const take = (endpoint: Endpoint) => {
    const identity = identityOf(endpoint);
    const wanted = missing.get(identity);
    missing.delete(identity);
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

function newSlice({ addressType, ports }: Group, endpoints: Endpoint[], face: SliceFace): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      generateName: `${face.service}-`.slice(0, 58),
      namespace: face.namespace,
      ownerReferences: [face.owner],
    },
    addressType,
    endpoints,
    ports,
  };
}

function dressed(slice: EndpointSlice, { labels }: SliceFace): EndpointSlice {
  return { ...slice, metadata: { ...slice.metadata, labels: { ...labels } } };
}

function stamped(slice: EndpointSlice, { triggerTime }: SliceFace): EndpointSlice {
  if (triggerTime === "") return slice;
  const annotations = { ...slice.metadata.annotations, [triggerTimeAnnotation]: triggerTime };
  return { ...slice, metadata: { ...slice.metadata, annotations } };
}
