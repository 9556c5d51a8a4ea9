import { checkDns1123Label } from "../../../api/meta/names.ts";
import type { Service, ServicePort, ServiceSpec } from "../../../api/types/core_v1.ts";
import { defaultIngress, validateIngress } from "./service_status.ts";
import { isExternal, validateService, validateServiceUpdate } from "./service_validation.ts";
import { serviceWarnings } from "./service_warnings.ts";
import type { Strategy } from "./strategy.ts";

/** Only a load balancer has them. */
const balancerFields = ["healthCheckNodePort", "allocateLoadBalancerNodePorts", "loadBalancerClass"] as const;
const affinitySeconds = 10_800;

export const serviceStrategy: Strategy<Service> = {
  checkName: checkDns1123Label,
  createsOnUpdate: true,
  defaults({ spec }) {
    spec.type ??= "ClusterIP";
    spec.sessionAffinity ??= "None";
    if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
    else if (spec.sessionAffinity === "ClientIP") {
      const config = spec.sessionAffinityConfig ??= {};
      const clientIP = config.clientIP ??= {};
      clientIP.timeoutSeconds ??= affinitySeconds;
    }
    for (const port of spec.ports ?? []) {
      port.protocol ??= "TCP";
      if (!port.targetPort) port.targetPort = port.port;
    }
    if (isExternal(spec)) spec.externalTrafficPolicy ??= "Cluster";
    if (spec.type !== "ExternalName") spec.internalTrafficPolicy ??= "Cluster";
    if (spec.type === "LoadBalancer") spec.allocateLoadBalancerNodePorts ??= true;
    alignClusterIPs(spec);
    if (spec.type !== "ExternalName") {
      spec.ipFamilies ??= ["IPv4"];
      spec.ipFamilyPolicy ??= "SingleStack";
    }
  },
  prepareForUpdate({ spec }, { spec: before }) {
    dropUnused(spec, before);
    keepAllocated(spec, before);
  },
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  prepareForStatusUpdate: defaultIngress,
  validateStatusUpdate: validateIngress,
  warnings: serviceWarnings,
  fields: {
    "spec.clusterIP": ({ spec }) => spec.clusterIP ?? "",
    "spec.type": ({ spec }) => spec.type ?? "",
  },
};

/** One address under two names; either may have been given. */
function alignClusterIPs(spec: ServiceSpec): void {
  if (spec.clusterIP && !spec.clusterIPs) spec.clusterIPs = [spec.clusterIP];
  else if (!spec.clusterIP && spec.clusterIPs?.[0]) spec.clusterIP = spec.clusterIPs[0];
}

/** What a type has no use for goes when the type changes, unless the client has just set it. */
function dropUnused(spec: ServiceSpec, before: ServiceSpec): void {
  if (spec.type === "ExternalName") {
    if (spec.clusterIP === before.clusterIP) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    delete spec.ipFamilies;
    delete spec.ipFamilyPolicy;
    delete spec.internalTrafficPolicy;
  }
  if (spec.type !== "NodePort" && spec.type !== "LoadBalancer") {
    for (const port of spec.ports ?? []) {
      if (before.ports?.some(({ nodePort }) => nodePort === port.nodePort)) delete port.nodePort;
    }
  }
  const samePolicy = spec.externalTrafficPolicy === before.externalTrafficPolicy;
  if (isExternal(before) && !isExternal(spec) && samePolicy) delete spec.externalTrafficPolicy;
  if (spec.type !== "LoadBalancer") {
    for (const field of balancerFields) if (spec[field] === before[field]) delete spec[field];
  } else if (spec.externalTrafficPolicy !== "Local") delete spec.healthCheckNodePort;
}

/** A client that did not see what was allocated does not lose it by that. */
function keepAllocated(spec: ServiceSpec, before: ServiceSpec): void {
  if (spec.type !== "ExternalName" && before.type !== "ExternalName" && !spec.clusterIP && before.clusterIP) {
    spec.clusterIP = before.clusterIP;
    if (before.clusterIPs) spec.clusterIPs = [...before.clusterIPs];
  }
  if (spec.type !== "NodePort" && spec.type !== "LoadBalancer") return;
  const same = (a: ServicePort, b: ServicePort) => a.port === b.port && a.protocol === b.protocol;
  for (const port of spec.ports ?? []) {
    const known = before.ports?.find((other) => same(port, other))?.nodePort;
    if (!port.nodePort && known) port.nodePort = known;
  }
  if (spec.externalTrafficPolicy === "Local" && before.healthCheckNodePort && spec.type === "LoadBalancer") {
    spec.healthCheckNodePort ??= before.healthCheckNodePort;
  }
}
