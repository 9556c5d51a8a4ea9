import { Buffer } from "node:buffer";
import { isIP } from "node:net";
import { bytes, oid, sequence, TAG, utf8, value } from "./der.ts";

/** Whom a certificate or a request for one is about. */
export interface SubjectName {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** DER of the name (RFC 5280, 4.1.2.4). */
export function distinguishedName({ commonName, organizations }: SubjectName): Buffer {
  const attribute = (type: string, text: string) => value(TAG.set, sequence(oid(type), utf8(text)));
  return sequence(...organizations.map((o) => attribute("2.5.4.10", o)), attribute("2.5.4.3", commonName));
}

/** DER of one extension (RFC 5280, 4.2). */
export function extension(id: string, critical: boolean, content: Uint8Array): Buffer {
  return sequence(oid(id), ...(critical ? [bytes(TAG.boolean, 0xff)] : []), value(TAG.octetString, content));
}

/** The extension that holds names: DNS names and IP addresses. Throws a RangeError for what is neither. */
export function alternativeNames(names: readonly string[]): Buffer {
  return extension("2.5.29.17", false, sequence(...names.map(alternativeName)));
}

const dnsName = /^(\*\.)?[a-zA-Z0-9_]([-a-zA-Z0-9_]*[a-zA-Z0-9_])?(\.[a-zA-Z0-9_]([-a-zA-Z0-9_]*[a-zA-Z0-9_])?)*$/;

function alternativeName(name: string): Buffer {
  const family = isIP(name);
  if (family !== 0) return value(0x87, family === 4 ? Buffer.from(name.split(".").map(Number)) : ipv6(name));
  if (name.length <= 253 && dnsName.test(name)) return value(0x82, Buffer.from(name));
  throw new RangeError(
    `${JSON.stringify(name)} cannot be a name of a server certificate: give a DNS name or an IP address`,
  );
}

/** The 16 bytes of an address that is known to be one. */
function ipv6(text: string): Buffer {
  // An IPv4 tail is two groups, written another way.
  const plain = text.replace(
    /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
    (_, a, b, c, d) => `${(a * 256 + Number(b)).toString(16)}:${(c * 256 + Number(d)).toString(16)}`,
  );
  const [head = "", tail] = plain.replace(/%.*$/, "").split("::");
  const groups = (part: string) => part === "" ? [] : part.split(":");
  const [before, after] = [groups(head), groups(tail ?? "")];
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  return Buffer.from(
    [...before, ...zeros, ...after].flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]),
  );
}
