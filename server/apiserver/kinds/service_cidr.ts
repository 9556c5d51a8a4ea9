/** ServiceCIDR and IPAddress: where the cluster IPs of Services come from, and who has which. */
import ipaddr from "ipaddr.js";
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError } from "../../../api/meta/field.ts";
import type { IPAddress, ServiceCIDR } from "../../../api/types/networking_v1.ts";
import { checkText, requirePathSegment } from "./checks.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

const cidrsPath = specPath.child("cidrs");
const parentPath = specPath.child("parentRef");

export const serviceCIDRStrategy: Strategy<ServiceCIDR> = {
  validate({ spec: { cidrs = [] } }) {
    if (cidrs.length === 0) return [FieldError.required(cidrsPath, "at least one CIDR required")];
    if (cidrs.length > 2) return [FieldError.invalid(cidrsPath, cidrs, "may only hold up to 2 values")];
    const errors: FieldError[] = [];
    for (const [index, cidr] of cidrs.entries()) checkText(cidr, cidrsPath.index(index), checkCIDR, errors);
    if (errors.length === 0 && cidrs.length === 2 && cidrs[0]!.includes(":") === cidrs[1]!.includes(":")) {
      const detail = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";
      errors.push(FieldError.invalid(cidrsPath, cidrs, detail));
    }
    return errors;
  },
  /** A second network, of the other family, may join the first; nothing else changes. */
  validateUpdate({ spec: { cidrs = [] } }, { spec: { cidrs: before = [] } }) {
    if (cidrs.length !== before.length && !(cidrs.length === 2 && before.length === 1)) {
      return [FieldError.immutable(cidrsPath, cidrs)];
    }
    return before.flatMap((cidr, index) =>
      cidrs[index] === cidr ? [] : [FieldError.immutable(cidrsPath.index(index), cidrs[index])]
    );
  },
};

export const ipAddressStrategy: Strategy<IPAddress> = {
  checkName: checkIP,
  validate({ spec: { parentRef } }) {
    const errors: FieldError[] = [];
    if (!parentRef) return [FieldError.required(parentPath)];
    requirePathSegment(parentRef.resource, parentPath.child("resource"), errors);
    requirePathSegment(parentRef.name, parentPath.child("name"), errors);
    return errors;
  },
  validateUpdate: ({ spec: { parentRef } }, { spec: { parentRef: before } }) =>
    deepEqual(parentRef, before) ? [] : [FieldError.immutable(parentPath, parentRef)],
};

/** One address has one name: the shortest form of IPv6, no zeros before the numbers of IPv4. */
function checkIP(text: string): string[] {
  const address = parse(text);
  if (!address) return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"];
  if (hasLeadingZeros(text)) return ["must not have leading 0s"];
  if (isMapped(address)) return ["must not be an IPv4-mapped IPv6 address"];
  return inForm(text, canonical(address));
}

function checkCIDR(text: string): string[] {
  const [, base = "", bits = ""] = /^([^/]*)\/(0|[1-9][0-9]*)$/.exec(text) ?? [];
  const address = parse(base);
  const width = address?.kind() === "ipv4" ? 32 : 128;
  if (!address || Number(bits) > width) {
    return ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"];
  }
  if (hasLeadingZeros(base)) return ["must not have leading 0s in IP or prefix length"];
  if (isMapped(address)) return ["must not have an IPv4-mapped IPv6 address"];
  const family = address.kind() === "ipv4" ? ipaddr.IPv4 : ipaddr.IPv6;
  const network = canonical(family.networkAddressFromCIDR(`${address.toString()}/${bits}`));
  if (network !== canonical(address)) return ["must not have bits set beyond the prefix length"];
  return inForm(text, `${network}/${bits}`);
}

/** Takes zeros before the numbers of IPv4, so that they can be told of; nothing else that only old readers take for an address. */
function parse(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (text.includes(":")) {
    return ipaddr.IPv6.isValid(text) && !text.includes("%") ? ipaddr.IPv6.parse(text) : undefined;
  }
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^[0-9]+$/.test(part) && Number(part) <= 255)) return undefined;
  return new ipaddr.IPv4(parts.map(Number));
}

function hasLeadingZeros(text: string): boolean {
  return !text.includes(":") && /(^|\.)0[0-9]/.test(text);
}

function isMapped(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress();
}

function canonical(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

function inForm(text: string, wanted: string): string[] {
  return text === wanted ? [] : [`must be in canonical form (${JSON.stringify(wanted)})`];
}
