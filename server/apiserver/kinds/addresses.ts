/** Checks of IP addresses and networks, in both families. */
import ipaddr from "ipaddr.js";

/** One address has one name: the shortest form of IPv6, no zeros before the numbers of IPv4. */
export function checkIP(text: string): string[] {
  const errors = checkLegacyIP(text);
  return errors.length > 0 ? errors : inForm(text, canonical(parse(text)!));
}

/** For fields that are older than that rule: any way to write IPv6 will do. */
export function checkLegacyIP(text: string): string[] {
  const address = parse(text);
  if (!address) return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"];
  if (hasLeadingZeros(text)) return ["must not have leading 0s"];
  return isMapped(address) ? ["must not be an IPv4-mapped IPv6 address"] : [];
}

/** Where traffic can be sent to. */
export function checkEndpointIP(text: string): string[] {
  const errors = checkLegacyIP(text);
  if (errors.length > 0) return errors;
  const range: string = parse(text)!.range();
  if (range === "unspecified") return [`may not be unspecified (${text})`];
  if (range === "loopback") return ["may not be in the loopback range (127.0.0.0/8, ::1/128)"];
  if (range === "linkLocal") return ["may not be in the link-local range (169.254.0.0/16, fe80::/10)"];
  return /^(224\.0\.0\.|ff02:)/i.test(text)
    ? ["may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"]
    : [];
}

/** A network, by its first address in its one form. */
export function checkCIDR(text: string): string[] {
  const errors = checkLegacyCIDR(text);
  const [base = "", bits] = text.split("/");
  return errors.length > 0 ? errors : inForm(text, `${canonical(parse(base)!)}/${bits}`);
}

/** For fields that are older than that rule: any way to write IPv6 will do. */
export function checkLegacyCIDR(text: string): string[] {
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
  return network === canonical(address) ? [] : ["must not have bits set beyond the prefix length"];
}

/** An address of a network's interface, with the length of its network, in its one form. */
export function checkInterfaceAddress(text: string): string[] {
  const [, base = "", bits = ""] = /^([^/]*)\/([0-9]+)$/.exec(text) ?? [];
  const address = parse(base);
  const width = address?.kind() === "ipv4" ? 32 : 128;
  if (!address || Number(bits) > width) {
    return ["must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)"];
  }
  const mapped = address instanceof ipaddr.IPv6 && isMapped(address) ? address.toIPv4Address() : undefined;
  const length = mapped && Number(bits) > 32 ? Number(bits) - 96 : Number(bits);
  return inForm(text, `${canonical(mapped ?? address)}/${length}`);
}

/** Whether all of one network lies in another that is larger. Both are valid. */
export function isStrictlyWithin(inner: string, outer: string): boolean {
  const [[address, length], [base, bits]] = [ipaddr.parseCIDR(inner), ipaddr.parseCIDR(outer)];
  return address.kind() === base.kind() && bits < length && address.match(base, bits);
}

/** Whether the text is an address, however it is written. */
export function isAddress(text: string): boolean {
  return parse(text) !== undefined;
}

/** Whether there are addresses of both families. Those that are none are of no family. */
export function isDualStack(texts: readonly string[]): boolean {
  return new Set(texts.map((text) => parse(text)?.kind()).filter((kind) => kind !== undefined)).size === 2;
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
