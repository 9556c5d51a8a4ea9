/** A Service's addresses, its address families and their policy: what was left out of them follows from the rest. */
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError } from "../../../api/meta/field.ts";
import type { Service, ServiceSpec } from "../../../api/types/core_v1.ts";
import { validateClusterIPs } from "./service_addresses_validation.ts";
import { needsHealthCheck } from "./service_validation.ts";
import { specPath } from "./scheduling_validation.ts";

/** The service network is one of IPv4. */
const clusterFamily = "IPv4";

/** What is found wrong here is all that is told: the rest would be told of values that nobody chose. */
export function settleService({ spec }: Service, old?: Readonly<Service>): FieldError[] {
  const before = old?.spec;
  if (before) keepAllocated(spec, before);
  alignClusterIPs(spec, before);
  return spec.type === "ExternalName" || isSamePreference(spec, before) ? [] : settleFamilies(spec, before);
}

/** A client that did not see what was allocated does not lose it by that. */
function keepAllocated(spec: ServiceSpec, before: ServiceSpec): void {
  if (spec.type !== "ExternalName" && before.type !== "ExternalName") {
    if (!spec.clusterIP && before.clusterIP) spec.clusterIP = before.clusterIP;
    if (!spec.clusterIPs?.length && before.clusterIPs) spec.clusterIPs = [...before.clusterIPs];
  }
  if (givesNodePorts(spec) && givesNodePorts(before)) keepNodePorts(spec, before);
  if (needsHealthCheck(spec) && needsHealthCheck(before) && before.healthCheckNodePort) {
    spec.healthCheckNodePort ??= before.healthCheckNodePort;
  }
}

/** Ports are told apart by name: all else of them may have changed. */
function keepNodePorts(spec: ServiceSpec, before: ServiceSpec): void {
  const stated = new Set((spec.ports ?? []).map(({ nodePort }) => nodePort));
  for (const port of spec.ports ?? []) {
    if (port.nodePort) continue;
    const known = before.ports?.findLast(({ name = "" }) => name === (port.name ?? ""))?.nodePort;
    if (known && !stated.has(known)) port.nodePort = known;
  }
}

function givesNodePorts({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean {
  return type === "NodePort" || (type === "LoadBalancer" && allocateLoadBalancerNodePorts !== false);
}

/** Older clients know one address only. */
function alignClusterIPs(spec: ServiceSpec, before: ServiceSpec | undefined): void {
  const { clusterIP = "", clusterIPs = [] } = spec;
  if (!before) {
    if (clusterIP && clusterIPs.length === 0) spec.clusterIPs = [clusterIP];
    return;
  }
  const { clusterIP: oldIP = "", clusterIPs: oldIPs = [] } = before;
  if (clusterIP === oldIP) {
    if (clusterIPs.length === 0 && oldIPs.length > 0) spec.clusterIPs = [...oldIPs];
  } else if (deepEqual(clusterIPs, oldIPs)) {
    if (clusterIP) spec.clusterIPs = [clusterIP];
    else delete spec.clusterIPs;
  }
}

/** Who prefers two families is not given or taken the second one by an update that says nothing of it. */
function isSamePreference(spec: ServiceSpec, before: ServiceSpec | undefined): boolean {
  return before !== undefined && spec.type === before.type && spec.ipFamilyPolicy === "PreferDualStack" &&
    before.ipFamilyPolicy === "PreferDualStack" && deepEqual(spec.clusterIPs, before.clusterIPs) &&
    deepEqual(spec.ipFamilies, before.ipFamilies);
}

function settleFamilies(spec: ServiceSpec, before: ServiceSpec | undefined): FieldError[] {
  // Such a Service needs nothing of the cluster: its endpoints are whatever its owner writes.
  const isFree = spec.clusterIP === "None" && Object.keys(spec.selector ?? {}).length === 0;
  const policy = spec.ipFamilyPolicy ??= before?.ipFamilyPolicy ?? (isFree ? "RequireDualStack" : "SingleStack");
  const wrong = validateClusterIPs(spec, before);
  if (wrong.length > 0) return wrong;
  const errors = before ? release(spec, before) : [];
  if (policy === "SingleStack") requireOneEach(spec, errors);
  inferFamilies(spec, errors);
  if (errors.length > 0) return errors;
  if (isFree) {
    const families = spec.ipFamilies ??= [clusterFamily];
    if (families.length < 2 && policy !== "SingleStack") families.push(families[0] === "IPv4" ? "IPv6" : "IPv4");
    return [];
  }
  if (policy === "RequireDualStack") {
    const detail = "this cluster is not configured for dual-stack services";
    errors.push(FieldError.invalid(policyPath, policy, detail));
  }
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    if (family === clusterFamily) continue;
    errors.push(FieldError.invalid(familiesPath.index(index), family, "not configured on this cluster"));
  }
  if (errors.length === 0) spec.ipFamilies ??= [clusterFamily];
  return errors;
}

const policyPath = specPath.child("ipFamilyPolicy");
const familiesPath = specPath.child("ipFamilies");

const seconds = [["clusterIPs", "cluster IP"], ["ipFamilies", "IP family"]] as const;

/** The second address and family go when the policy says so, and by no other way. */
function release(spec: ServiceSpec, before: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  for (const [field, noun] of seconds) {
    const [now = [], then = []] = [spec[field], before[field]];
    if (spec.ipFamilyPolicy === "SingleStack") {
      if (deepEqual(now, then) && now.length > 1) spec[field] = now.slice(0, 1);
    } else if (now.length > 0 && now.length < then.length) {
      const detail = `must be 'SingleStack' to release the secondary ${noun}`;
      errors.push(FieldError.invalid(policyPath, spec.ipFamilyPolicy, detail));
    }
  }
  return errors;
}

function requireOneEach(spec: ServiceSpec, errors: FieldError[]): void {
  for (const [field, noun] of [["clusterIPs", "cluster IPs"], ["ipFamilies", "IP families"]] as const) {
    if (spec[field]?.length !== 2) continue;
    const detail = `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${noun} are specified`;
    errors.push(FieldError.invalid(policyPath, spec.ipFamilyPolicy, detail));
  }
}

/** An address tells its family. */
function inferFamilies(spec: ServiceSpec, errors: FieldError[]): void {
  for (const [index, ip] of (spec.clusterIPs ?? []).entries()) {
    if (ip === "None") return;
    if (index < (spec.ipFamilies?.length ?? 0)) continue;
    const family = ip.includes(":") ? "IPv6" : "IPv4";
    if (family === clusterFamily) (spec.ipFamilies ??= []).push(family);
    else {
      const detail = `${family} is not configured on this cluster`;
      errors.push(FieldError.invalid(specPath.child("clusterIPs").index(index), spec.clusterIPs, detail));
    }
  }
}
