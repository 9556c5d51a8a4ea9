/** Where a load balancer can be reached. */
import { FieldError, root } from "../../../api/meta/field.ts";
import { checkDns1123Subdomain } from "../../../api/meta/names.ts";
import type { Service } from "../../../api/types/core_v1.ts";
import { addressWarnings } from "./address_warnings.ts";
import { checkLegacyIP } from "./addresses.ts";
import { checkText, requireOneOf } from "./checks.ts";

/** Nodes may answer for the address themselves unless its load balancer says otherwise. */
export function defaultIngress({ spec, status }: Service): void {
  if (spec.type !== "LoadBalancer") return;
  for (const ingress of status?.loadBalancer?.ingress ?? []) {
    if (ingress.ip) ingress.ipMode ??= "VIP";
  }
}

export function ingressWarnings({ status }: Service): string[] {
  const path = root("status", "loadBalancer", "ingress");
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip = "" }, index) => addressWarnings(path.index(index), ip));
}

export function validateIngress({ spec, status }: Service): FieldError[] {
  const ingresses = status?.loadBalancer?.ingress ?? [];
  const path = root("status", "loadBalancer", "ingress");
  if (spec.type !== "LoadBalancer") {
    const detail = "may only be used when `spec.type` is 'LoadBalancer'";
    return ingresses.length > 0 ? [FieldError.forbidden(path, detail)] : [];
  }
  const errors: FieldError[] = [];
  for (const [index, { ip, ipMode, hostname }] of ingresses.entries()) {
    const at = path.index(index);
    if (ip) {
      checkText(ip, at.child("ip"), checkLegacyIP, errors);
      requireOneOf(ipMode, at.child("ipMode"), ["Proxy", "VIP"], errors);
    } else if (ipMode !== undefined) {
      errors.push(FieldError.forbidden(at.child("ipMode"), "may not be specified when `ip` is not set"));
    }
    if (!hostname) continue;
    checkText(hostname, at.child("hostname"), checkDns1123Subdomain, errors);
    if (checkLegacyIP(hostname).length === 0) {
      errors.push(FieldError.invalid(at.child("hostname"), hostname, "must be a DNS name, not an IP address"));
    }
  }
  return errors;
}
