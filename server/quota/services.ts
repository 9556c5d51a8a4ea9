import { Quantity } from "../../api/meta/quantity.ts";
import type { Service } from "../../api/types/core_v1.ts";
import { one } from "./amounts.ts";
import type { Evaluator } from "./evaluator.ts";

const counted: ReadonlySet<string> = new Set([
  "count/services",
  "services",
  "services.nodeports",
  "services.loadbalancers",
]);

export const serviceEvaluator: Evaluator = {
  resource: "/services",
  // An update may make another type of it.
  charges: ({ operation, subresource }) => operation !== "DELETE" && subresource === "",
  limits: (name) => counted.has(name),
  usage: (object) => {
    const service = object as Service;
    return new Map([
      ["count/services", one],
      ["services", one],
      ["services.nodeports", Quantity.of(nodePorts(service))],
      ["services.loadbalancers", service.spec?.type === "LoadBalancer" ? one : Quantity.zero],
    ]);
  },
  inScope: () => false,
  varies: true,
};

/** As many as it is going to have: they are not allocated yet when a new Service is charged. */
function nodePorts({ spec: { type, ports = [], allocateLoadBalancerNodePorts } = {} }: Service): number {
  if (type === "LoadBalancer" && allocateLoadBalancerNodePorts === false) {
    return ports.filter(({ nodePort }) => nodePort).length;
  }
  return type === "NodePort" || type === "LoadBalancer" ? ports.length : 0;
}
