/** IPv4 addresses of a range, each given to one taker at a time; the one freed longest ago comes first. */
export class AddressRange {
  readonly #first: number;
  readonly #size: number;
  #free: string[] = [];
  #next = 1;
  readonly #cidr: string;

  /** `10.42.0.0/24`; its first and last addresses are not given out. Throws `RangeError`. */
  constructor(cidr: string) {
    const [, a, b, c, d, bits] = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr)?.map(Number) ?? [];
    if (a === undefined || b === undefined || c === undefined || d === undefined || bits === undefined || bits > 30) {
      throw new RangeError(`${JSON.stringify(cidr)} is no range of IPv4 addresses like 10.42.0.0/24`);
    }
    this.#cidr = cidr;
    this.#first = (a << 24 | b << 16 | c << 8 | d) >>> 0;
    this.#size = 2 ** (32 - bits);
  }

  /** Undefined when all are taken. */
  take(): string | undefined {
    if (this.#next < this.#size - 1) {
      const value = this.#first + this.#next++;
      return [value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255].join(".");
    }
    return this.#free.shift();
  }

  give(address: string): void {
    this.#free.push(address);
  }

  /** Another range of which the same addresses are taken. */
  fork(): AddressRange {
    const twin = new AddressRange(this.#cidr);
    twin.#free = [...this.#free];
    twin.#next = this.#next;
    return twin;
  }
}
