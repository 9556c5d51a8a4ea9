import { Quantity } from "../../api/meta/quantity.ts";
import { podRequests } from "../../api/meta/resources.ts";
import type { Node, Pod } from "../../api/types/core_v1.ts";

/** Amounts by resource: thousandths for `cpu`, units (bytes) for all else. */
export type Amounts = ReadonlyMap<string, number>;

/** A port of the host that a Pod's container claims. */
export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

/** What scheduling needs to know of a Pod, derived once. */
export interface PodFacts {
  readonly pod: Pod;
  readonly requests: Amounts;
  readonly hostPorts: readonly HostPort[];
}

/** A node and the Pods on it, assumed ones included. */
export interface NodeInfo {
  readonly node: Node;
  readonly allocatable: Amounts;
  readonly requested: Amounts;
  /** By {@linkcode keyOf}. */
  readonly pods: ReadonlyMap<string, PodFacts>;
  /** Pods that are to come here once others have gone, by key. */
  readonly nominated: ReadonlyMap<string, PodFacts>;
}

function amount(resource: string, quantity: Quantity): number {
  return resource === "cpu" ? quantity.milliValue() : quantity.value();
}

export function amountsOf(texts: Readonly<Record<string, string>> | undefined): Amounts {
  return new Map(Object.entries(texts ?? {}).map(([name, text]) => [name, amount(name, Quantity.parse(text))]));
}

export function podFacts(pod: Pod): PodFacts {
  const requests = [...podRequests(pod, { useStatus: true })].map((
    [name, q],
  ): [string, number] => [name, amount(name, q)]);
  const sidecars = (pod.spec.initContainers ?? []).filter((c) => c.restartPolicy === "Always");
  const hostPorts = [...pod.spec.containers, ...sidecars].flatMap((container) =>
    (container.ports ?? []).filter((port) => (port.hostPort ?? 0) > 0).map((port) => ({
      ip: port.hostIP ?? "0.0.0.0",
      protocol: port.protocol ?? "TCP",
      port: port.hostPort!,
    }))
  );
  return { pod, requests: new Map(requests), hostPorts };
}

export function nodeInfo(
  node: Node,
  pods: ReadonlyMap<string, PodFacts>,
  nominated: ReadonlyMap<string, PodFacts> = new Map(),
): NodeInfo {
  const requested = new Map<string, number>();
  for (const { requests } of pods.values()) {
    for (const [name, value] of requests) requested.set(name, (requested.get(name) ?? 0) + value);
  }
  return { node, allocatable: amountsOf(node.status?.allocatable), requested, pods, nominated };
}

/** A Pod without a PriorityClass has priority 0. */
export function priorityOf({ spec }: Pod): number {
  return spec.priority ?? 0;
}
