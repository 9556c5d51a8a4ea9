/** A set of numbers handed out from a range: addresses of a network, ports of a node. */
export class Allocator {
  readonly #first: number;
  readonly #size: number;
  /** The lower band is for numbers that people choose; generated ones come from above it while there are any. */
  readonly #band: number;
  readonly #random: () => number;
  /** How many hold each number: a service may hold a port twice, for two protocols. */
  readonly #held = new Map<number, number>();

  constructor(options: { first: number; size: number; band: number; random: () => number }) {
    this.#first = options.first;
    this.#size = options.size;
    this.#band = Math.min(options.band, options.size - 1);
    this.#random = options.random;
  }

  contains(number: number): boolean {
    return number >= this.#first && number < this.#first + this.#size;
  }

  isHeld(number: number): boolean {
    return this.#held.has(number);
  }

  hold(number: number): void {
    this.#held.set(number, (this.#held.get(number) ?? 0) + 1);
  }

  release(number: number): void {
    const count = this.#held.get(number) ?? 0;
    if (count > 1) this.#held.set(number, count - 1);
    else this.#held.delete(number);
  }

  /** A free number, not yet held by the caller; undefined when all are. */
  free(): number | undefined {
    return this.#freeIn(this.#band, this.#size) ?? this.#freeIn(0, this.#band);
  }

  #freeIn(from: number, to: number): number | undefined {
    const size = to - from;
    const start = Math.floor(this.#random() * size);
    for (let i = 0; i < size; i++) {
      const number = this.#first + from + (start + i) % size;
      if (!this.#held.has(number)) return number;
    }
    return undefined;
  }
}

/** `10.43.0.0/16` without its network and broadcast addresses. Throws a RangeError for what is no IPv4 network of /8 to /30. */
export function addressRange(cidr: string): { readonly first: number; readonly size: number } {
  const [address = "", bits = ""] = cidr.split("/");
  const base = parseIPv4(address);
  const length = Number(bits);
  if (base === undefined || !/^[0-9]{1,2}$/.test(bits) || length < 8 || length > 30) {
    throw new RangeError(`${JSON.stringify(cidr)} is no IPv4 network between /8 and /30, such as 10.43.0.0/16`);
  }
  const size = 2 ** (32 - length);
  return { first: base - base % size + 1, size: size - 2 };
}

/** Undefined for what is not four decimal numbers. */
export function parseIPv4(text: string): number | undefined {
  const match = /^([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})$/.exec(text);
  if (!match) return undefined;
  let address = 0;
  for (const part of match.slice(1)) {
    // A leading zero is octal to some readers and decimal to others.
    if (Number(part) > 255 || (part.length > 1 && part.startsWith("0"))) return undefined;
    address = address * 256 + Number(part);
  }
  return address;
}

export function formatIPv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
