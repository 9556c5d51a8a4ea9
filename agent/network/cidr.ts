import { NetworkError } from "./error.ts";

/** An IPv4 network: `address` is its first address as a number, host bits cleared. */
export interface Cidr {
  readonly address: number;
  readonly prefix: number;
}

/** Strict dotted decimal, as Kubernetes writes addresses. Undefined for anything else. */
export function parseIPv4(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!match) return undefined;
  let value = 0;
  for (const part of match.slice(1)) {
    if (Number(part) > 255 || (part.length > 1 && part.startsWith("0"))) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

export function isIPv4(text: string): boolean {
  return parseIPv4(text) !== undefined;
}

export function formatIPv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => value >>> shift & 255).join(".");
}

/** Undefined unless the text is an IPv4 network in prefix notation. */
export function tryParseCidr(text: string): Cidr | undefined {
  const [ip = "", length = "", ...rest] = text.split("/");
  const address = parseIPv4(ip);
  const prefix = /^\d{1,2}$/.test(length) ? Number(length) : 33;
  if (address === undefined || prefix > 32 || rest.length > 0) return undefined;
  return { address: (address & mask(prefix)) >>> 0, prefix };
}

/** Throws a `NetworkError` (`invalid`) that names `what`. */
export function parseCidr(what: string, text: string): Cidr {
  const cidr = tryParseCidr(text);
  if (cidr) return cidr;
  throw new NetworkError("invalid", `${what} ${JSON.stringify(text)} is not an IPv4 network like 10.42.0.0/24`);
}

export function formatCidr({ address, prefix }: Cidr): string {
  return `${formatIPv4(address)}/${prefix}`;
}

export function contains(cidr: Cidr, ip: string): boolean {
  const address = parseIPv4(ip);
  return address !== undefined && (address & mask(cidr.prefix)) >>> 0 === cidr.address;
}

/** The first usable address, which is the gateway's. */
export function gatewayOf(cidr: Cidr): string {
  return formatIPv4(cidr.address + 1);
}

function mask(prefix: number): number {
  return prefix === 0 ? 0 : (-1 << (32 - prefix)) >>> 0;
}
