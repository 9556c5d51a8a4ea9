import { keyOf } from "../../../api/resource.ts";
import type { Node } from "../../../api/types/core_v1.ts";
import type { Amounts, NodeInfo, PodFacts } from "../node_info.ts";

/** A node as it would be with other Pods: a copy that Pods are taken from and put back to. */
export class NodeSketch implements NodeInfo {
  readonly node: Node;
  readonly allocatable: Amounts;
  readonly nominated: ReadonlyMap<string, PodFacts>;
  readonly pods: Map<string, PodFacts>;
  readonly requested: Map<string, number>;

  constructor({ node, allocatable, nominated, pods, requested }: NodeInfo) {
    this.node = node;
    this.allocatable = allocatable;
    this.nominated = nominated;
    this.pods = new Map(pods);
    this.requested = new Map(requested);
  }

  add(pod: PodFacts): void {
    this.pods.set(keyOf(pod.pod), pod);
    this.#count(pod, 1);
  }

  remove(pod: PodFacts): void {
    this.pods.delete(keyOf(pod.pod));
    this.#count(pod, -1);
  }

  #count({ requests }: PodFacts, sign: 1 | -1): void {
    for (const [name, value] of requests) this.requested.set(name, (this.requested.get(name) ?? 0) + sign * value);
  }
}
