import type { Environment } from "@marcbachmann/cel-js";
import ipaddr from "ipaddr.js";
import { checkLegacyIP } from "../../kinds/addresses.ts";

const ipType = "net.IP";
const cidrType = "net.CIDR";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** An address without zone, and no IPv4 one in the clothes of IPv6. */
class Ip {
  readonly #address: Address;

  constructor(address: Address) {
    this.#address = address;
  }

  static parse(text: string): Ip {
    const [problem] = checkLegacyIP(text);
    if (problem !== undefined) throw new RangeError(`IP Address ${JSON.stringify(text)}: ${problem}`);
    return new Ip(ipaddr.parse(text));
  }

  get address(): Address {
    return this.#address;
  }

  isIn(networks: readonly string[]): boolean {
    return networks.some((network) => {
      const [base, bits] = ipaddr.parseCIDR(network);
      return base.kind() === this.#address.kind() && this.#address.match(base, bits);
    });
  }

  equals(other: Ip): boolean {
    return `${this}` === `${other}`;
  }

  toString(): string {
    return this.#address instanceof ipaddr.IPv6 ? this.#address.toRFC5952String() : this.#address.toString();
  }
}

/** An address with the length of a prefix; it may have bits behind that. */
class Cidr {
  readonly #ip: Ip;
  readonly #bits: number;

  constructor(ip: Ip, bits: number) {
    this.#ip = ip;
    this.#bits = bits;
  }

  static parse(text: string): Cidr {
    const [, address = "", bits = ""] = /^([^/]*)\/(0|[1-9][0-9]{0,2})$/.exec(text) ?? [];
    const ip = bits === "" ? undefined : Ip.parse(address);
    if (ip === undefined || Number(bits) > ip.address.toByteArray().length * 8) {
      throw new RangeError(`${JSON.stringify(text)} is no network address like 10.9.8.0/24`);
    }
    return new Cidr(ip, Number(bits));
  }

  get ip(): Ip {
    return this.#ip;
  }

  get bits(): number {
    return this.#bits;
  }

  contains({ address }: Ip): boolean {
    return address.kind() === this.#ip.address.kind() && address.match(this.#ip.address, this.#bits);
  }

  masked(): Cidr {
    const family = this.#ip.address instanceof ipaddr.IPv6 ? ipaddr.IPv6 : ipaddr.IPv4;
    return new Cidr(new Ip(family.networkAddressFromCIDR(this.toString())), this.#bits);
  }

  equals(other: Cidr): boolean {
    return `${this}` === `${other}`;
  }

  toString(): string {
    return `${this.#ip}/${this.#bits}`;
  }
}

const unspecified = ["0.0.0.0/32", "::/128"];
const loopback = ["127.0.0.0/8", "::1/128"];
const linkLocalUnicast = ["169.254.0.0/16", "fe80::/10"];
/** Of IPv6 any whose scope is the link, whatever its flags. */
const linkLocalMulticast = [
  "224.0.0.0/24",
  ...Array.from({ length: 16 }, (_, flags) => `ff${flags.toString(16)}2::/16`),
];
const noGlobalUnicast = [
  "255.255.255.255/32",
  "224.0.0.0/4",
  "ff00::/8",
  ...unspecified,
  ...loopback,
  ...linkLocalUnicast,
];

const tests: Readonly<Record<string, (ip: Ip) => boolean>> = {
  isUnspecified: (ip) => ip.isIn(unspecified),
  isLoopback: (ip) => ip.isIn(loopback),
  isLinkLocalMulticast: (ip) => ip.isIn(linkLocalMulticast),
  isLinkLocalUnicast: (ip) => ip.isIn(linkLocalUnicast),
  isGlobalUnicast: (ip) => !ip.isIn(noGlobalUnicast),
};

/** The receiver of `ip.isCanonical(…)`: a name, no value. */
class IpNamespace {}

/** Kubernetes' functions on addresses and networks. */
export function registerAddresses(environment: Environment): void {
  environment
    .registerType(ipType, { ctor: Ip, fields: {} })
    .registerType("IpNamespace", IpNamespace)
    .registerConstant("ip", "IpNamespace", new IpNamespace())
    .registerOperator(`${ipType} == ${ipType}`, (one: Ip, other: Ip) => one.equals(other))
    .registerFunction(`ip(string): ${ipType}`, (text: string) => Ip.parse(text))
    .registerFunction("isIP(string): bool", (text: string) => checkLegacyIP(text).length === 0)
    .registerFunction(
      "IpNamespace.isCanonical(string): bool",
      (_: IpNamespace, text: string) => `${Ip.parse(text)}` === text,
    )
    .registerFunction(`string(${ipType}): string`, String)
    .registerFunction(`${ipType}.family(): int`, ({ address }: Ip) => address.kind() === "ipv4" ? 4n : 6n)
    .registerType(cidrType, { ctor: Cidr, fields: {} })
    .registerOperator(`${cidrType} == ${cidrType}`, (one: Cidr, other: Cidr) => one.equals(other))
    .registerFunction(`cidr(string): ${cidrType}`, (text: string) => Cidr.parse(text))
    .registerFunction("isCIDR(string): bool", isCIDR)
    .registerFunction(`string(${cidrType}): string`, String)
    .registerFunction(`${cidrType}.ip(): ${ipType}`, ({ ip }: Cidr) => ip)
    .registerFunction(`${cidrType}.prefixLength(): int`, ({ bits }: Cidr) => BigInt(bits))
    .registerFunction(`${cidrType}.masked(): ${cidrType}`, (cidr: Cidr) => cidr.masked())
    .registerFunction(`${cidrType}.containsIP(${ipType}): bool`, (cidr: Cidr, ip: Ip) => cidr.contains(ip))
    .registerFunction(
      `${cidrType}.containsIP(string): bool`,
      (cidr: Cidr, text: string) => cidr.contains(Ip.parse(text)),
    )
    .registerFunction(`${cidrType}.containsCIDR(${cidrType}): bool`, containsCidr)
    .registerFunction(
      `${cidrType}.containsCIDR(string): bool`,
      (cidr: Cidr, text: string) => containsCidr(cidr, Cidr.parse(text)),
    );
  for (const [name, test] of Object.entries(tests)) environment.registerFunction(`${ipType}.${name}(): bool`, test);
}

function containsCidr(outer: Cidr, inner: Cidr): boolean {
  return outer.bits <= inner.bits && outer.contains(inner.ip);
}

function isCIDR(text: string): boolean {
  try {
    Cidr.parse(text);
    return true;
  } catch {
    return false;
  }
}
