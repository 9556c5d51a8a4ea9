import { keyOf } from "../../api/resource.ts";
import type { Node, Pod } from "../../api/types/core_v1.ts";
import { type NodeInfo, nodeInfo, type PodFacts, podFacts } from "./node_info.ts";

/**
 * Nodes and the Pods on them, as of the last event. A Pod whose binding is under way is *assumed* on its node, so that the next decision counts
 * it; the event that confirms it, or `removePod`, ends that. A Pod for which others make room is *nominated* for their node.
 */
export class ClusterState {
  readonly #nodes = new Map<string, Node>();
  readonly #podsByNode = new Map<string, Map<string, PodFacts>>();
  readonly #nodeOfPod = new Map<string, string>();
  readonly #nominations = new Map<string, { readonly nodeName: string; readonly pod: PodFacts }>();
  readonly #infos = new Map<string, NodeInfo>();

  setNode(node: Node): void {
    this.#nodes.set(node.metadata.name!, node);
    this.#infos.delete(node.metadata.name!);
  }

  removeNode(name: string): void {
    this.#nodes.delete(name);
    this.#infos.delete(name);
  }

  /** A Pod that has a node, or is assumed to have `nodeName`. Finished Pods take no room. */
  setPod(pod: Pod, nodeName: string | undefined = pod.spec.nodeName): void {
    const key = keyOf(pod);
    this.removePod(key);
    if (!nodeName || pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed") return;
    const pods = this.#podsByNode.get(nodeName) ?? new Map<string, PodFacts>();
    pods.set(key, podFacts(pod));
    this.#podsByNode.set(nodeName, pods);
    this.#nodeOfPod.set(key, nodeName);
    this.#infos.delete(nodeName);
  }

  removePod(key: string): void {
    const nodeName = this.#nodeOfPod.get(key);
    if (nodeName === undefined) return;
    this.#nodeOfPod.delete(key);
    const pods = this.#podsByNode.get(nodeName);
    pods?.delete(key);
    if (pods?.size === 0) this.#podsByNode.delete(nodeName);
    this.#infos.delete(nodeName);
  }

  /** Where the Pod is to go; `""` or `undefined` ends that. */
  nominate(pod: Pod, nodeName: string | undefined): void {
    const key = keyOf(pod);
    const before = this.#nominations.get(key);
    if (before) this.#infos.delete(before.nodeName);
    this.#nominations.delete(key);
    if (!nodeName) return;
    this.#nominations.set(key, { nodeName, pod: podFacts(pod) });
    this.#infos.delete(nodeName);
  }

  nominationOf(pod: Pod): string | undefined {
    return this.#nominations.get(keyOf(pod))?.nodeName;
  }

  nominatedFor(nodeName: string): Map<string, PodFacts> {
    const here = [...this.#nominations].filter(([, nomination]) => nomination.nodeName === nodeName);
    return new Map(here.map(([key, { pod }]) => [key, pod]));
  }

  /** What is known of every node; sums are made anew only for nodes that changed. */
  nodes(): NodeInfo[] {
    return [...this.#nodes].map(([name, node]) => {
      let info = this.#infos.get(name);
      if (!info) {
        info = nodeInfo(node, new Map(this.#podsByNode.get(name)), this.nominatedFor(name));
        this.#infos.set(name, info);
      }
      return info;
    });
  }
}
