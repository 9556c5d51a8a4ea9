import ipaddr from "ipaddr.js";
import { UserError } from "./error.ts";

// What flags may hold: each function answers the value, or throws a UserError that names the flag, its value and what it takes.

export function requireValid(flag: string, value: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new UserError(`${flag} ${JSON.stringify(value)}: ${problems.join("; ")}`);
}

export function absolute(path: string, workingDirectory: string): string {
  const joined = path.startsWith("/") ? path : `${workingDirectory}/${path}`;
  return decodeURIComponent(new URL(`file://${encodeURI(joined)}`).pathname).replace(/(?<=.)\/+$/, "");
}

export function address(flag: string, value: string): string {
  if (!ipaddr.isValid(value)) throw new UserError(`${flag} ${JSON.stringify(value)} is no IP address`);
  return value;
}

export function network(flag: string, value: string, longest: number): string {
  if (!ipaddr.IPv4.isValidCIDR(value)) {
    throw new UserError(`${flag} ${JSON.stringify(value)} is no IPv4 network such as 10.42.0.0/16`);
  }
  const [base, bits] = ipaddr.IPv4.parseCIDR(value);
  if (bits > longest || bits < 8) throw new UserError(`${flag} ${value}: the prefix must be from /8 to /${longest}`);
  return `${ipaddr.IPv4.networkAddressFromCIDR(`${base}/${bits}`)}/${bits}`;
}

export function contains(cidr: string, ip: string): boolean {
  const parsed = ipaddr.parse(ip);
  return parsed.kind() === "ipv4" && parsed.match(ipaddr.IPv4.parseCIDR(cidr));
}

export function overlaps(a: string, b: string): boolean {
  return contains(a, b.split("/")[0]!) || contains(b, a.split("/")[0]!);
}

/** The `n`th address of a network: 1 is the first host. */
export function addressInNetwork(cidr: string, n: number): string {
  const [base] = ipaddr.IPv4.parseCIDR(cidr);
  const value = base.toByteArray().reduce((sum, byte) => sum * 256 + byte, 0) + n;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

export function integer(flag: string, value: string, low: number, high: number): number {
  const parsed = /^[0-9]{1,6}$/.test(value) ? Number(value) : NaN;
  if (!(parsed >= low && parsed <= high)) {
    throw new UserError(`${flag} ${JSON.stringify(value)} is not a number from ${low} to ${high}`);
  }
  return parsed;
}

export function port(flag: string, value: string): number {
  return integer(flag, value, 0, 65535);
}

export function portRange(flag: string, value: string): { first: number; last: number } {
  const [first = "", last = ""] = value.split("-");
  const range = { first: integer(flag, first, 1, 65535), last: integer(flag, last, 1, 65535) };
  if (range.first > range.last) throw new UserError(`${flag} ${value}: the first port is above the last`);
  return range;
}

export function mode(flag: string, value: string): number {
  if (!/^0?[0-7]{3}$/.test(value)) {
    throw new UserError(`${flag} ${JSON.stringify(value)} is no octal file mode such as 600`);
  }
  return parseInt(value, 8);
}
