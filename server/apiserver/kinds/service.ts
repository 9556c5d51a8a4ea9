import { checkDns1123Label } from "../../../api/meta/names.ts";
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import type { Service, ServiceSpec } from "../../../api/types/core_v1.ts";
import { settleService } from "./service_families.ts";
import { defaultIngress, ingressWarnings, validateIngress } from "./service_status.ts";
import { isExternal, needsHealthCheck, types, validateService, validateServiceUpdate } from "./service_validation.ts";
import { serviceWarnings } from "./service_warnings.ts";
import type { Strategy } from "./strategy.ts";

const affinitySeconds = 10_800;

export const serviceStrategy: Strategy<Service> = {
  checkName: checkDns1123Label,
  createsOnUpdate: true,
  defaults({ spec }) {
    spec.type ??= "ClusterIP";
    spec.sessionAffinity ??= "None";
    if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
    else if (
      spec.sessionAffinity === "ClientIP" && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined
    ) {
      spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: affinitySeconds } };
    }
    for (const port of spec.ports ?? []) {
      port.protocol ??= "TCP";
      if (!port.targetPort) port.targetPort = port.port;
    }
    if (isExternal(spec)) spec.externalTrafficPolicy ??= "Cluster";
    if (spec.type !== "ExternalName" && types.includes(spec.type)) spec.internalTrafficPolicy ??= "Cluster";
    if (spec.type === "LoadBalancer") spec.allocateLoadBalancerNodePorts ??= true;
  },
  settle: settleService,
  prepareForUpdate: ({ spec }, { spec: before }) => dropUnused(spec, before),
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  complete({ spec }) {
    // Older servers gave it to them; what it may be is checked as ever.
    if (spec.type === "ExternalName") delete spec.internalTrafficPolicy;
  },
  defaultStatus: defaultIngress,
  validateStatusUpdate: validateIngress,
  warnings: serviceWarnings,
  statusWarnings: ingressWarnings,
  fields: {
    "spec.clusterIP": ({ spec }) => spec.clusterIP ?? "",
    "spec.type": ({ spec }) => spec.type ?? "",
  },
};

/** What a type has no use for goes when the type changes, unless the client has just set it. */
function dropUnused(spec: ServiceSpec, before: ServiceSpec): void {
  const drop = (isUsed: (spec: ServiceSpec) => boolean, ...fields: (keyof ServiceSpec)[]) => {
    if (!isUsed(before) || isUsed(spec)) return;
    if (fields.every((field) => deepEqual(spec[field], before[field]))) {
      for (const field of fields) {
        delete spec[field];
      }
    }
  };
  const isBalancer = ({ type }: ServiceSpec) => type === "LoadBalancer";
  const isInside = ({ type }: ServiceSpec) => type !== "ExternalName";
  const hasNodePorts = ({ type }: ServiceSpec) => type === "NodePort" || type === "LoadBalancer";
  drop(isInside, "clusterIP", "clusterIPs");
  drop(isInside, "ipFamilies");
  drop(isInside, "ipFamilyPolicy");
  if (hasNodePorts(before) && !hasNodePorts(spec)) {
    const known = new Set((before.ports ?? []).map(({ nodePort }) => nodePort));
    const ports = spec.ports ?? [];
    if (ports.every(({ nodePort }) => !nodePort || known.has(nodePort))) {
      for (const port of ports) delete port.nodePort;
    }
  }
  drop(needsHealthCheck, "healthCheckNodePort");
  drop(isBalancer, "allocateLoadBalancerNodePorts");
  drop(isBalancer, "loadBalancerClass");
  drop(isExternal, "externalTrafficPolicy");
}
