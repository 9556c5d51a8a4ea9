import { FieldError } from "../../../api/meta/field.ts";
import { checkDns1123Label, checkDns1123Subdomain, checkPortName, checkPortNumber } from "../../../api/meta/names.ts";
import type { Service, ServicePort, ServiceSpec } from "../../../api/types/core_v1.ts";
import { validateLabels } from "../registry/metadata.ts";
import { parseIPv4 } from "../registry/service_range.ts";
import { checkText, requireOneOf, requireText, requireUnique } from "./checks.ts";
import { protocols } from "./container_validation.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

const types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
/** Only a load balancer has them. */
const balancerFields = ["healthCheckNodePort", "allocateLoadBalancerNodePorts", "loadBalancerClass"] as const;
const affinitySeconds = 10_800;
const maxAffinitySeconds = 86_400;

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
    if (spec.type === "NodePort" || spec.type === "LoadBalancer") spec.externalTrafficPolicy ??= "Cluster";
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
  validate({ spec }) {
    const errors: FieldError[] = [];
    requireOneOf(spec.type, specPath.child("type"), types, errors);
    validateAddresses(spec, errors);
    validatePorts(spec, errors);
    validateLabels(spec.selector, specPath.child("selector"), errors);
    requireOneOf(spec.sessionAffinity, specPath.child("sessionAffinity"), ["ClientIP", "None"], errors);
    const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
    if (seconds !== undefined && (seconds <= 0 || seconds > maxAffinitySeconds)) {
      const path = specPath.child("sessionAffinityConfig", "clientIP", "timeoutSeconds");
      errors.push(
        FieldError.invalid(path, seconds, `must be greater than 0 and less than or equal to ${maxAffinitySeconds}`),
      );
    }
    for (const field of balancerFields) {
      if (spec.type !== "LoadBalancer" && spec[field] !== undefined) {
        errors.push(FieldError.forbidden(specPath.child(field), "may only be used when `type` is 'LoadBalancer'"));
      }
    }
    requireOneOf(spec.internalTrafficPolicy, specPath.child("internalTrafficPolicy"), ["Cluster", "Local"], errors);
    requireOneOf(spec.externalTrafficPolicy, specPath.child("externalTrafficPolicy"), ["Cluster", "Local"], errors);
    for (const [index, ip] of (spec.externalIPs ?? []).entries()) {
      if (!isAddress(ip)) errors.push(FieldError.invalid(specPath.child("externalIPs").index(index), ip, notAnAddress));
    }
    return errors;
  },
  validateUpdate({ spec }, { spec: before }) {
    const keeps = spec.type !== "ExternalName" && before.type !== "ExternalName" && before.clusterIP;
    if (!keeps || spec.clusterIP === before.clusterIP) return [];
    const path = specPath.child("clusterIPs").index(0);
    return [FieldError.invalid(path, [spec.clusterIP ?? ""], "may not change once set")];
  },
  fields: {
    "spec.clusterIP": ({ spec }) => spec.clusterIP ?? "",
    "spec.type": ({ spec }) => spec.type ?? "",
  },
};

const notAnAddress = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

function isAddress(text: string): boolean {
  return parseIPv4(text) !== undefined || (text.includes(":") && URL.canParse(`http://[${text}]/`));
}

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
  const external = spec.type === "NodePort" || spec.type === "LoadBalancer";
  if (!external) {
    for (const port of spec.ports ?? []) {
      if (before.ports?.some(({ nodePort }) => nodePort === port.nodePort)) delete port.nodePort;
    }
    delete spec.externalTrafficPolicy;
  }
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

function validateAddresses(spec: ServiceSpec, errors: FieldError[]): void {
  if (spec.type === "ExternalName") {
    const path = specPath.child("externalName");
    const name = (spec.externalName ?? "").replace(/\.$/, "");
    if (requireText(name, path, errors)) checkText(name, path, checkDns1123Subdomain, errors);
    if (spec.clusterIP) {
      errors.push(FieldError.forbidden(specPath.child("clusterIPs"), "may not be set for ExternalName services"));
    }
    return;
  }
  const { clusterIP, clusterIPs = [] } = spec;
  if (clusterIP === "None" && (spec.type === "NodePort" || spec.type === "LoadBalancer")) {
    const detail = `may not be set to 'None' for ${spec.type} services`;
    errors.push(FieldError.invalid(specPath.child("clusterIPs").index(0), "None", detail));
  }
  if (clusterIP && clusterIPs[0] !== undefined && clusterIPs[0] !== clusterIP) {
    errors.push(FieldError.invalid(specPath.child("clusterIPs"), clusterIPs, "first value must match `clusterIP`"));
  }
  for (const [index, ip] of clusterIPs.entries()) {
    if (ip !== "None" && !isAddress(ip)) {
      errors.push(FieldError.invalid(specPath.child("clusterIPs").index(index), ip, notAnAddress));
    }
  }
}

function validatePorts(spec: ServiceSpec, errors: FieldError[]): void {
  const ports = spec.ports ?? [];
  const path = specPath.child("ports");
  if (ports.length === 0 && spec.clusterIP !== "None" && spec.type !== "ExternalName") {
    errors.push(FieldError.required(path));
  }
  for (const [index, port] of ports.entries()) {
    const at = path.index(index);
    if (port.name) checkText(port.name, at.child("name"), checkDns1123Label, errors);
    else if (ports.length > 1) errors.push(FieldError.required(at.child("name")));
    for (const detail of checkPortNumber(port.port ?? 0)) {
      errors.push(FieldError.invalid(at.child("port"), port.port ?? 0, detail));
    }
    requireOneOf(port.protocol, at.child("protocol"), protocols, errors);
    const target = port.targetPort;
    if (typeof target === "string") checkText(target, at.child("targetPort"), checkPortName, errors);
    else if (target !== undefined) {
      for (const detail of checkPortNumber(target)) {
        errors.push(FieldError.invalid(at.child("targetPort"), target, detail));
      }
    }
    if (port.nodePort && spec.type !== "NodePort" && spec.type !== "LoadBalancer") {
      errors.push(FieldError.forbidden(at.child("nodePort"), `may not be used when \`type\` is '${spec.type}'`));
    }
  }
  requireUnique(ports.flatMap(({ name }, i) => name ? [[name, path.index(i).child("name")] as const] : []), errors);
  const numbers = ports.map(({ port, protocol = "TCP" }, i) => [`${port}/${protocol}`, path.index(i)] as const);
  requireUnique(numbers, errors);
}
