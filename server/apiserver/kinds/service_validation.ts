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
import { checkEndpointIP, checkLegacyCIDR, checkLegacyIP } from "./addresses.ts";
import { checkText, requireOneOf, requireText, requireUnique } from "./checks.ts";
import { protocols } from "./container_validation.ts";
import { specPath } from "./scheduling_validation.ts";

const types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const policies = ["Cluster", "Local"];
const maxAffinitySeconds = 86_400;
const balancerOnly = "may only be used when `type` is 'LoadBalancer'";

export function validateService({ spec }: Service): FieldError[] {
  const errors: FieldError[] = [];
  requireOneOf(spec.type, specPath.child("type"), types, errors);
  if (spec.type === "ExternalName") validateExternalName(spec, errors);
  else validateAddresses(spec, errors);
  validatePorts(spec, errors);
  validateLabels(spec.selector, specPath.child("selector"), errors);
  validateAffinity(spec, errors);
  for (const [index, ip] of (spec.externalIPs ?? []).entries()) {
    checkText(ip, specPath.child("externalIPs").index(index), checkEndpointIP, errors);
  }
  validateBalancer(spec, errors);
  requireOneOf(spec.internalTrafficPolicy, specPath.child("internalTrafficPolicy"), policies, errors);
  validateExternalTraffic(spec, errors);
  const distributions = ["PreferClose", "PreferSameZone", "PreferSameNode"];
  requireOneOf(spec.trafficDistribution, specPath.child("trafficDistribution"), distributions, errors);
  return errors;
}

export function validateServiceUpdate({ spec }: Service, { spec: before }: Service): FieldError[] {
  const errors: FieldError[] = [];
  const keeps = spec.type !== "ExternalName" && before.type !== "ExternalName" && before.clusterIP;
  if (keeps && spec.clusterIP !== before.clusterIP) {
    const path = specPath.child("clusterIPs").index(0);
    errors.push(FieldError.invalid(path, [spec.clusterIP ?? ""], "may not change once set"));
  }
  const balanced = spec.type === "LoadBalancer" && before.type === "LoadBalancer";
  if (balanced && spec.loadBalancerClass !== before.loadBalancerClass) {
    const path = specPath.child("loadBalancerClass");
    errors.push(FieldError.invalid(path, spec.loadBalancerClass, "may not change once set"));
  }
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

function needsHealthCheck({ type, externalTrafficPolicy }: ServiceSpec): boolean {
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

function validateAddresses(spec: ServiceSpec, errors: FieldError[]): void {
  const { clusterIP, clusterIPs = [] } = spec;
  const path = specPath.child("clusterIPs");
  if (clusterIP === "None" && (spec.type === "NodePort" || spec.type === "LoadBalancer")) {
    const detail = `may not be set to 'None' for ${spec.type} services`;
    errors.push(FieldError.invalid(path.index(0), "None", detail));
  }
  if (clusterIP && clusterIPs[0] !== undefined && clusterIPs[0] !== clusterIP) {
    errors.push(FieldError.invalid(path, clusterIPs, "first value must match `clusterIP`"));
  }
  if (clusterIPs[0] === "None" && clusterIPs.length > 1) {
    errors.push(FieldError.invalid(path, clusterIPs, "'None' must be the first and only value"));
  }
  if (clusterIPs.length > 2) errors.push(FieldError.invalid(path, clusterIPs, "may only hold up to 2 values"));
  for (const [index, ip] of clusterIPs.entries()) {
    if (ip !== "None") checkText(ip, path.index(index), checkLegacyIP, errors);
  }
  validateFamilies(spec, errors);
}

/** The service network is one of IPv4. */
function validateFamilies(
  { clusterIP, selector, ipFamilies = [], ipFamilyPolicy }: ServiceSpec,
  errors: FieldError[],
): void {
  const path = specPath.child("ipFamilies");
  const known = ["IPv4", "IPv6"];
  for (const [index, family] of ipFamilies.entries()) requireOneOf(family, path.index(index), known, errors);
  requireUnique(ipFamilies.map((family, index) => [family, path.index(index)] as const), errors);
  const ways = ["PreferDualStack", "RequireDualStack", "SingleStack"];
  requireOneOf(ipFamilyPolicy, specPath.child("ipFamilyPolicy"), ways, errors);
  // Such a Service needs nothing of the cluster: its endpoints are whatever its owner writes.
  if (clusterIP === "None" && Object.keys(selector ?? {}).length === 0) return;
  if (ipFamilyPolicy === "RequireDualStack") {
    const detail = "this cluster is not configured for dual-stack services";
    errors.push(FieldError.invalid(specPath.child("ipFamilyPolicy"), ipFamilyPolicy, detail));
  }
  for (const [index, family] of ipFamilies.entries()) {
    if (family === "IPv6") errors.push(FieldError.invalid(path.index(index), family, "not configured on this cluster"));
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
    validateNumber(port.port ?? 0, at.child("port"), errors);
    requireOneOf(port.protocol, at.child("protocol"), protocols, errors);
    const target = port.targetPort;
    if (typeof target === "string") checkText(target, at.child("targetPort"), checkPortName, errors);
    else if (target !== undefined) validateNumber(target, at.child("targetPort"), errors);
    if (port.appProtocol !== undefined) {
      checkText(port.appProtocol, at.child("appProtocol"), checkQualifiedName, errors);
    }
    if (port.nodePort && spec.type !== "NodePort" && spec.type !== "LoadBalancer") {
      errors.push(FieldError.forbidden(at.child("nodePort"), `may not be used when \`type\` is '${spec.type}'`));
    }
  }
  requireUnique(ports.flatMap(({ name }, i) => name ? [[name, path.index(i).child("name")] as const] : []), errors);
  const numbers = ports.map(({ port, protocol = "TCP" }, i) => [`${port}/${protocol}`, path.index(i)] as const);
  requireUnique(numbers, errors);
  const taken = new Set<string>();
  for (const [index, { nodePort, protocol }] of ports.entries()) {
    if (!nodePort) continue;
    const key = `${nodePort}/${protocol}`;
    if (taken.has(key)) errors.push(FieldError.duplicate(path.index(index).child("nodePort"), nodePort));
    taken.add(key);
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
  const detail = `must be greater than 0 and less than or equal to ${maxAffinitySeconds}`;
  errors.push(FieldError.invalid(path, seconds, detail));
}

function validateBalancer(spec: ServiceSpec, errors: FieldError[]): void {
  // Upstream's spelling of the field's name.
  const ranges = root("spec", "LoadBalancerSourceRanges");
  if (spec.type === "LoadBalancer") {
    if (spec.loadBalancerClass !== undefined) {
      checkText(spec.loadBalancerClass, specPath.child("loadBalancerClass"), checkQualifiedName, errors);
    }
  } else {
    if (spec.loadBalancerSourceRanges?.length) errors.push(FieldError.forbidden(ranges, balancerOnly));
    for (const field of ["allocateLoadBalancerNodePorts", "loadBalancerClass"] as const) {
      if (spec[field] !== undefined) errors.push(FieldError.forbidden(specPath.child(field), balancerOnly));
    }
  }
  for (const [index, range] of (spec.loadBalancerSourceRanges ?? []).entries()) {
    checkText(range.trim(), ranges.index(index), checkLegacyCIDR, errors);
  }
}

function validateExternalTraffic(spec: ServiceSpec, errors: FieldError[]): void {
  const path = specPath.child("externalTrafficPolicy");
  if (isExternal(spec)) requireOneOf(spec.externalTrafficPolicy, path, policies, errors);
  else if (spec.externalTrafficPolicy) {
    const detail = "may only be set for externally-accessible services";
    errors.push(FieldError.invalid(path, spec.externalTrafficPolicy, detail));
  }
  if (spec.healthCheckNodePort && !needsHealthCheck(spec)) {
    const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(FieldError.invalid(specPath.child("healthCheckNodePort"), spec.healthCheckNodePort, detail));
  }
}
