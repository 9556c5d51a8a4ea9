import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import {
  checkDns1123Label,
  checkDns1123Subdomain,
  checkPortName,
  checkPortNumber,
  checkQualifiedName,
} from "../../../api/meta/names.ts";
import type { Service, ServiceSpec } from "../../../api/types/core_v1.ts";
import { validateLabels } from "../registry/metadata_validation.ts";
import { checkEndpointIP, checkLegacyCIDR } from "./addresses.ts";
import { checkText, own, requireOneOf, requireText, requireUnique } from "./checks.ts";
import { protocols } from "./container_validation.ts";
import { specPath } from "./scheduling_validation.ts";
import { isHeadless, validateClusterIPs, validateClusterIPsUpdate } from "./service_addresses_validation.ts";

export const types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const policies = ["Cluster", "Local"];
const distributions = ["PreferClose", "PreferSameZone", "PreferSameNode"];
const topologyHints = "service.kubernetes.io/topology-aware-hints";
const topologyMode = "service.kubernetes.io/topology-mode";
const sourceRanges = "service.beta.kubernetes.io/load-balancer-source-ranges";
const maxAffinitySeconds = 86_400;
const balancerOnly = "may only be used when `type` is 'LoadBalancer'";

export function validateService({ metadata, spec }: Service, old?: Readonly<Service>): FieldError[] {
  const errors: FieldError[] = [];
  validateTopology(metadata.annotations, errors);
  if ((spec.type === "NodePort" || spec.type === "LoadBalancer") && isHeadless(spec)) {
    const detail = `may not be set to 'None' for ${spec.type} services`;
    errors.push(FieldError.invalid(specPath.child("clusterIPs").index(0), "None", detail));
  }
  if (spec.type === "ExternalName") validateExternalName(spec, errors);
  validatePorts(spec, errors);
  validateLabels(spec.selector, specPath.child("selector"), errors);
  validateAffinity(spec, errors);
  errors.push(...validateClusterIPs(spec, old?.spec));
  for (const [index, ip] of (spec.externalIPs ?? []).entries()) {
    checkText(ip, specPath.child("externalIPs").index(index), checkEndpointIP, errors);
  }
  requireOneOf(spec.type, specPath.child("type"), types, errors);
  validateBalancer(spec, metadata.annotations, errors);
  validateExternalTraffic(spec, errors);
  requireOneOf(spec.internalTrafficPolicy, specPath.child("internalTrafficPolicy"), policies, errors);
  requireOneOf(spec.trafficDistribution, specPath.child("trafficDistribution"), distributions, errors);
  return errors;
}

export function validateServiceUpdate({ spec }: Service, { spec: before }: Service): FieldError[] {
  const errors = validateClusterIPsUpdate(spec, before);
  const balanced = spec.type === "LoadBalancer" && before.type === "LoadBalancer";
  if (balanced && spec.loadBalancerClass !== before.loadBalancerClass) {
    const path = specPath.child("loadBalancerClass");
    errors.push(FieldError.invalid(path, spec.loadBalancerClass ?? null, "may not change once set"));
  }
  // Told twice, as upstream does.
  validateBalancerClass(spec, errors);
  const checked = needsHealthCheck(spec) && needsHealthCheck(before);
  if (checked && spec.healthCheckNodePort !== before.healthCheckNodePort) {
    errors.push(FieldError.forbidden(specPath.child("healthCheckNodePort"), "field is immutable"));
  }
  return errors;
}

/** Whether it can be reached from outside of the cluster. */
export function isExternal({ type, externalIPs = [] }: ServiceSpec): boolean {
  return type === "NodePort" || type === "LoadBalancer" || (type === "ClusterIP" && externalIPs.length > 0);
}

export function needsHealthCheck({ type, externalTrafficPolicy }: ServiceSpec): boolean {
  return type === "LoadBalancer" && externalTrafficPolicy === "Local";
}

function validateExternalName(spec: ServiceSpec, errors: FieldError[]): void {
  for (const field of ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] as const) {
    if (spec[field] !== undefined) {
      errors.push(FieldError.forbidden(specPath.child(field), "may not be set for ExternalName services"));
    }
  }
  const path = specPath.child("externalName");
  const name = (spec.externalName ?? "").replace(/\.$/, "");
  if (requireText(name, path, errors)) checkText(name, path, checkDns1123Subdomain, errors);
}

function validatePorts(spec: ServiceSpec, errors: FieldError[]): void {
  const ports = spec.ports ?? [];
  const path = specPath.child("ports");
  if (ports.length === 0 && !isHeadless(spec) && spec.type !== "ExternalName") {
    errors.push(FieldError.required(path));
  }
  for (const [index, port] of ports.entries()) {
    const at = path.index(index);
    if (port.name) checkText(port.name, at.child("name"), checkDns1123Label, errors);
    else if (ports.length > 1) errors.push(FieldError.required(at.child("name")));
    validateNumber(port.port ?? 0, at.child("port"), errors);
    requireOneOf(port.protocol, at.child("protocol"), protocols, errors);
    const target = port.targetPort;
    if (typeof target === "string") checkText(target, at.child("targetPort"), checkPortName, errors);
    else if (target !== undefined) validateNumber(target, at.child("targetPort"), errors);
    if (port.appProtocol !== undefined) {
      checkText(port.appProtocol, at.child("appProtocol"), checkQualifiedName, errors);
    }
    if (port.nodePort && spec.type === "ClusterIP") {
      errors.push(FieldError.forbidden(at.child("nodePort"), "may not be used when `type` is 'ClusterIP'"));
    }
  }
  requireUnique(ports.flatMap(({ name }, i) => name ? [[name, path.index(i).child("name")] as const] : []), errors);
  const taken = new Set<string>();
  for (const [index, { port: Port = 0, protocol: Protocol = "TCP", nodePort }] of ports.entries()) {
    const at = path.index(index);
    const [key, nodeKey] = [`${Port}/${Protocol}`, `node ${nodePort}/${Protocol}`];
    if (nodePort && taken.has(nodeKey)) errors.push(FieldError.duplicate(at.child("nodePort"), nodePort));
    if (taken.has(key)) {
      errors.push(
        FieldError.duplicate(at, { Name: "", Protocol, AppProtocol: null, Port, TargetPort: 0, NodePort: 0 }),
      );
    }
    taken.add(key).add(nodeKey);
  }
}

function validateNumber(port: number, path: Path, errors: FieldError[]): void {
  for (const detail of checkPortNumber(port)) errors.push(FieldError.invalid(path, port, detail));
}

function validateAffinity({ sessionAffinity, sessionAffinityConfig }: ServiceSpec, errors: FieldError[]): void {
  requireOneOf(sessionAffinity, specPath.child("sessionAffinity"), ["ClientIP", "None"], errors);
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (seconds === undefined || (seconds > 0 && seconds <= maxAffinitySeconds)) return;
  const path = specPath.child("sessionAffinityConfig", "clientIP", "timeoutSeconds");
  const detail = `must be greater than 0 and less than ${maxAffinitySeconds}`;
  errors.push(FieldError.invalid(path, seconds, detail));
}

function validateBalancer(
  spec: ServiceSpec,
  annotations: Readonly<Record<string, string>> = {},
  errors: FieldError[],
): void {
  // Upstream's spelling of the field's name.
  const path = root("spec", "LoadBalancerSourceRanges");
  const ranges = spec.loadBalancerSourceRanges ?? [];
  const isBalancer = spec.type === "LoadBalancer";
  const annotation = own(annotations, sourceRanges);
  if (ranges.length > 0) {
    if (!isBalancer) errors.push(FieldError.forbidden(path, balancerOnly));
    for (const [index, range] of ranges.entries()) {
      checkText(range.trim(), path.index(index), checkLegacyCIDR, errors);
    }
  } else if (annotation !== undefined) {
    const at = root("metadata", "annotations").key(sourceRanges);
    if (!isBalancer) errors.push(FieldError.forbidden(at, balancerOnly));
    const stated = annotation.trim() === "" ? [] : annotation.split(",");
    for (const range of stated) checkText(range.trim(), at, checkLegacyCIDR, errors);
  }
  if (!isBalancer && spec.allocateLoadBalancerNodePorts !== undefined) {
    errors.push(FieldError.forbidden(specPath.child("allocateLoadBalancerNodePorts"), balancerOnly));
  }
  validateBalancerClass(spec, errors);
}

function validateBalancerClass({ type, loadBalancerClass }: ServiceSpec, errors: FieldError[]): void {
  if (loadBalancerClass === undefined) return;
  const path = specPath.child("loadBalancerClass");
  if (type === "LoadBalancer") checkText(loadBalancerClass, path, checkQualifiedName, errors);
  else errors.push(FieldError.forbidden(path, balancerOnly));
}

function validateTopology(annotations: Readonly<Record<string, string>> = {}, errors: FieldError[]): void {
  const [hints, mode] = [own(annotations, topologyHints), own(annotations, topologyMode)];
  if (hints === undefined || mode === undefined || hints === mode) return;
  const detail = `must match annotations[${topologyHints}] when both are specified`;
  errors.push(FieldError.invalid(root("metadata", "annotations").key(topologyMode), mode, detail));
}

function validateExternalTraffic(spec: ServiceSpec, errors: FieldError[]): void {
  const path = specPath.child("externalTrafficPolicy");
  if (isExternal(spec)) requireOneOf(spec.externalTrafficPolicy, path, policies, errors);
  else if (spec.externalTrafficPolicy) {
    const detail = "may only be set for externally-accessible services";
    errors.push(FieldError.invalid(path, spec.externalTrafficPolicy, detail));
  }
  if (!spec.healthCheckNodePort) return;
  const portPath = specPath.child("healthCheckNodePort");
  if (needsHealthCheck(spec)) validateNumber(spec.healthCheckNodePort, portPath, errors);
  else {
    const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(FieldError.invalid(portPath, spec.healthCheckNodePort, detail));
  }
}
