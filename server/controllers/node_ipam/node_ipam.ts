import { nodes } from "../../../api/resources.ts";
import type { Node } from "../../../api/types/core_v1.ts";
import { type Controller, type ControllerContext, DONE } from "../contract.ts";
import { freeSubnet } from "./subnets.ts";

/** Gives each Node its share of the cluster's network, which it keeps as long as it exists. */
export function nodeIpam({ client, informers, events }: ControllerContext, clusterCidr: string): Controller {
  const known = informers.informer(nodes);
  /** Given, but perhaps not seen yet; by the name of the Node. */
  const given = new Map<string, string>();
  const networksOf = ({ spec }: Node) => [spec?.podCIDR ?? "", ...spec?.podCIDRs ?? []].filter(Boolean);
  return {
    name: "node-ipam",
    concurrency: 1,
    setup(enqueue) {
      known.onChange(({ type, object }) => {
        const name = object.metadata.name ?? "";
        if (type !== "deleted") return enqueue(name);
        given.delete(name);
        // What it had may be what another one waits for.
        for (const other of known.list()) if (networksOf(other).length === 0) enqueue(other.metadata.name ?? "");
      });
    },
    async reconcile(name, signal) {
      const node = known.get(name);
      if (node === undefined) return DONE;
      if (networksOf(node).length > 0) {
        given.delete(name);
        return DONE;
      }
      const free = freeSubnet(clusterCidr, [...known.list().flatMap(networksOf), ...given.values()]);
      if (free === undefined) {
        const message = `no network is left in ${clusterCidr} for the Pods of node ${name}: delete Nodes that are gone`;
        events.event(
          { apiVersion: "v1", kind: "Node", name, uid: name },
          "Warning",
          "CIDRNotAvailable",
          message,
        );
        return { outcome: "retry", reason: message };
      }
      given.set(name, free);
      try {
        const { uid, resourceVersion } = node.metadata;
        const patch = { metadata: { uid, resourceVersion }, spec: { podCIDR: free, podCIDRs: [free] } };
        await client.patch(nodes, { name }, { type: "merge", patch }, { signal });
      } catch (error) {
        given.delete(name);
        throw error;
      }
      return DONE;
    },
  };
}
