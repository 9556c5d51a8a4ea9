import { keyOf } from "../../api/resource.ts";
import { type NodeInfo, nodeInfo, type PodFacts, priorityOf } from "./node_info.ts";
import type { Plugin, Refusal } from "./plugins/contract.ts";

/** The first filter's word against the node, `undefined` when all let the Pod pass. */
export function refusalOf(pod: PodFacts, node: NodeInfo, plugins: readonly Plugin[]): Refusal | undefined {
  const expected = withNominated(pod, node);
  for (const plugin of plugins) {
    const refusal = plugin.filter?.(pod, expected);
    if (refusal) return refusal;
  }
  return undefined;
}

/** The node as it will be: room that was made for another Pod is not free for one that matters less, or as much. */
function withNominated(pod: PodFacts, node: NodeInfo): NodeInfo {
  const own = keyOf(pod.pod);
  const ahead = [...node.nominated].filter(([key, other]) =>
    key !== own && !node.pods.has(key) && priorityOf(other.pod) >= priorityOf(pod.pod)
  );
  return ahead.length === 0 ? node : nodeInfo(node.node, new Map([...node.pods, ...ahead]));
}
