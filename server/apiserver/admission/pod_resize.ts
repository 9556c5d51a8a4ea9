import { Quantity } from "../../../api/meta/quantity.ts";
import { podRequests } from "../../../api/meta/resources.ts";
import { nodes } from "../../../api/resources.ts";
import type { Node, Pod } from "../../../api/types/core_v1.ts";
import type { AdmissionPlugin } from "./contract.ts";
import { refuse } from "./refuse.ts";

/** Refuses a resize to more than the Pod's node has in all, which could never come true. */
export const podResizeValidator: AdmissionPlugin = {
  name: "PodResizeValidator",
  resources: ["/pods"],
  validate(request, { lookup }) {
    if (request.operation !== "UPDATE" || request.subresource !== "resize") return;
    const [pod, old] = [request.object as Pod, request.old as Pod];
    const { nodeName } = pod.spec;
    if (!nodeName || pod.metadata.generation === old.metadata.generation) return;
    const node = lookup.find(nodes, "", nodeName);
    if (!node) throw refuse(request, `node ${JSON.stringify(nodeName)} not found`);
    const os = node.metadata.labels?.["kubernetes.io/os"] ?? "linux";
    if (os !== "linux") {
      const detail = `pod resize is only supported on linux nodes, node ${JSON.stringify(nodeName)} is ${
        JSON.stringify(os)
      }`;
      throw refuse(request, detail);
    }
    const short = shortages(pod, node);
    if (short.length > 0) {
      throw refuse(request, `node didn't have enough allocatable resources: ${short.join("; ")}`);
    }
  },
};

const units: readonly (readonly [string, (quantity: Quantity) => number])[] = [
  ["cpu", (quantity) => quantity.milliValue()],
  ["memory", (quantity) => quantity.value()],
];

function shortages(pod: Pod, { status }: Node): string[] {
  const requests = new Map(podRequests(pod));
  return units.flatMap(([name, value]) => {
    const wanted = value(requests.get(name) ?? Quantity.parse("0"));
    const allocatable = value(Quantity.parse(status?.allocatable?.[name] ?? "0"));
    return wanted > allocatable ? [`${name}, requested: ${wanted}, allocatable: ${allocatable}`] : [];
  });
}
