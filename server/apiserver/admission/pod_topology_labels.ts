import { nodes } from "../../../api/resources.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import type { AdmissionPlugin } from "./contract.ts";

const copied = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"];

/** Tells a Pod in which zone and region its node is, by labels, from when it has a node. (KEP-4742.) */
export const podTopologyLabels: AdmissionPlugin = {
  name: "PodTopologyLabels",
  resources: ["/pods"],
  mutate({ operation, subresource, object }, { lookup }) {
    if (subresource === "binding" ? operation !== "UPDATE" : operation !== "CREATE" || subresource !== "") return;
    const { metadata, spec } = object as Pod;
    const labels = spec.nodeName ? lookup.find(nodes, "", spec.nodeName)?.metadata.labels : undefined;
    const own = copied.filter((key) => labels?.[key] !== undefined);
    if (own.length === 0) return;
    metadata.labels = { ...metadata.labels, ...Object.fromEntries(own.map((key) => [key, labels![key]!])) };
  },
};
