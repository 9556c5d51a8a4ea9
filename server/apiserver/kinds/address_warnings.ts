/** Warnings of addresses and networks that are written in a way that some readers take for another one. */
import ipaddr from "ipaddr.js";
import type { Path } from "../../../api/meta/field.ts";

/** `text` was found valid for a field that is older than the rule that each address has one form. */
export function addressWarnings(path: Path, text: string): string[] {
  // No zeros before the numbers of IPv4 are allowed, so that it has one form.
  if (!text.includes(":") || !ipaddr.IPv6.isValid(text)) return [];
  const form = ipaddr.IPv6.parse(text).toRFC5952String();
  if (form === text) return [];
  return [`${path}: IPv6 address ${JSON.stringify(text)} should be in RFC 5952 canonical format ("${form}")`];
}

/** Networks, likewise. */
export function networkWarnings(path: Path, text: string): string[] {
  const [address = "", bits = ""] = text.split("/");
  if (!address.includes(":") || !ipaddr.IPv6.isValid(address)) return [];
  const form = `${ipaddr.IPv6.parse(address).toRFC5952String()}/${bits}`;
  if (form === text) return [];
  return [`${path}: IPv6 CIDR value ${JSON.stringify(text)} should be in RFC 5952 canonical format ("${form}")`];
}
