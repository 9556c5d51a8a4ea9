/**
 * Kubernetes quantities: exact decimal numbers with a suffix (`100m`, `1.5Gi`, `12e6`).
 *
 * Source of the rules: the Quantity section of the API reference. A quantity has at most nine decimal places (finer ones
 * round away from zero); printed in canonical form it has no fraction, the largest suffix that loses nothing, and the
 * suffix family it was written in, except that a binary one below 1024 or with a fraction is printed decimal.
 */

/** The suffix family: `Ki`, `Mi`, … / `n`, `u`, `m`, none, `k`, `M`, … / `e3`. */
export type QuantityFormat = "BinarySI" | "DecimalSI" | "DecimalExponent";

/** A text that is no quantity. The message quotes it. */
export class QuantityError extends Error {
  readonly reason = "InvalidQuantity";

  constructor(text: string, why: string) {
    super(`quantity ${JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text)} ${why}`);
    this.name = "QuantityError";
  }
}

const nanosPerMilli = 1_000_000n;
const nanosPerUnit = 1_000_000_000n;
/** The largest 64-bit integer, at which upstream caps binary quantities. */
const maxBinary = (2n ** 63n - 1n) * nanosPerUnit;
/** An exponent beyond this is a mistake or an attack: it would cost memory to compute with, and no machine has so much. */
const maxExponent = 64;
const maxTextLength = 128;

const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binaryExponents: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
const decimalSuffixes = new Map(Object.entries(decimalExponents).map(([suffix, exponent]) => [exponent, suffix]));
const binarySuffixes = ["", ...Object.keys(binaryExponents)];

/**
 * An immutable quantity. Values whose thousandths fit a double exactly, nearly all there are, are kept as that one number;
 * the others as a count of billionths.
 */
export class Quantity {
  static readonly zero: Quantity = new Quantity(0, undefined, "DecimalSI");

  readonly format: QuantityFormat;
  readonly #milli: number;
  /** Set when `#milli` cannot hold the value. */
  readonly #nano: bigint | undefined;

  private constructor(milli: number, nano: bigint | undefined, format: QuantityFormat) {
    this.#milli = milli;
    this.#nano = nano;
    this.format = format;
  }

  static #ofNano(nano: bigint, format: QuantityFormat): Quantity {
    if (nano % nanosPerMilli === 0n) {
      const milli = Number(nano / nanosPerMilli);
      if (Number.isSafeInteger(milli)) return new Quantity(milli, undefined, format);
    }
    return new Quantity(0, nano, format);
  }

  /** A whole number of units, such as bytes. Throws a RangeError for anything but a safe integer. */
  static of(value: number, format: QuantityFormat = "DecimalSI"): Quantity {
    requireSafeInteger(value);
    const milli = value * 1000;
    return Number.isSafeInteger(milli)
      ? new Quantity(milli, undefined, format)
      : Quantity.#ofNano(BigInt(value) * nanosPerUnit, format);
  }

  /** A whole number of thousandths, such as a CPU's. Throws a RangeError for anything but a safe integer. */
  static ofMilli(milli: number, format: QuantityFormat = "DecimalSI"): Quantity {
    requireSafeInteger(milli);
    return new Quantity(milli, undefined, format);
  }

  /** Takes what JSON may hold: a string or a number. Throws a {@linkcode QuantityError}. */
  static parse(from: string | number): Quantity {
    const text = typeof from === "number" ? String(from) : from;
    const common = /^([0-9]{1,12})(m|Ki|Mi|Gi)?$/.exec(text);
    if (common) {
      const milli = Number(common[1]) * commonFactors[common[2] ?? ""]!;
      if (Number.isSafeInteger(milli)) {
        return new Quantity(milli, undefined, common[2]?.endsWith("i") ? "BinarySI" : "DecimalSI");
      }
    }
    const { nano, format } = parseExactly(text.trim());
    return Quantity.#ofNano(nano, format);
  }

  #asNano(): bigint {
    return this.#nano ?? BigInt(this.#milli) * nanosPerMilli;
  }

  /** In units, a fraction rounded away from zero; exact up to 2^53, beyond that the nearest double. */
  value(): number {
    if (this.#nano !== undefined) return Number(divideAwayFromZero(this.#nano, nanosPerUnit));
    return this.#milli < 0 ? Math.floor(this.#milli / 1000) : Math.ceil(this.#milli / 1000);
  }

  /** In thousandths, a fraction rounded away from zero; exact up to 2^53, beyond that the nearest double. */
  milliValue(): number {
    return this.#nano === undefined ? this.#milli : Number(divideAwayFromZero(this.#nano, nanosPerMilli));
  }

  /** In units, as the nearest double. */
  approximate(): number {
    return this.#nano === undefined ? this.#milli / 1000 : Number(this.#nano) / 1e9;
  }

  /** -1, 0 or 1. */
  sign(): -1 | 0 | 1 {
    const value = this.#nano ?? this.#milli;
    return value < 0 ? -1 : value > 0 ? 1 : 0;
  }

  isZero(): boolean {
    return this.sign() === 0;
  }

  /** Negative, zero or positive, as `Array.sort` wants it. */
  compare(other: Quantity): -1 | 0 | 1 {
    const exact = this.#nano === undefined && other.#nano === undefined;
    const left = exact ? this.#milli : this.#asNano();
    const right = exact ? other.#milli : other.#asNano();
    return left < right ? -1 : left > right ? 1 : 0;
  }

  equals(other: Quantity): boolean {
    return this.compare(other) === 0;
  }

  /** The sum, in this quantity's format; in the other's when this one is zero. */
  add(other: Quantity): Quantity {
    const format = this.isZero() ? other.format : this.format;
    const milli = this.#milli + other.#milli;
    return this.#nano === undefined && other.#nano === undefined && Number.isSafeInteger(milli)
      ? new Quantity(milli, undefined, format)
      : Quantity.#ofNano(this.#asNano() + other.#asNano(), format);
  }

  /** The difference, in this quantity's format; in the other's when this one is zero. */
  subtract(other: Quantity): Quantity {
    return this.add(other.negate());
  }

  negate(): Quantity {
    return this.#nano === undefined
      // Not `-this.#milli`: that makes a negative zero.
      ? new Quantity(0 - this.#milli, undefined, this.format)
      : new Quantity(0, -this.#nano, this.format);
  }

  /** The canonical form. */
  toString(): string {
    const nano = this.#asNano();
    if (nano === 0n) return "0";
    return this.format === "BinarySI" ? printBinary(nano) : printDecimal(nano, this.format);
  }

  toJSON(): string {
    return this.toString();
  }
}

const commonFactors: Readonly<Record<string, number>> = {
  "": 1000,
  m: 1,
  Ki: 1000 * 2 ** 10,
  Mi: 1000 * 2 ** 20,
  Gi: 1000 * 2 ** 30,
};

/** The canonical text of a quantity as the API stores it. Throws a {@linkcode QuantityError}. */
export function canonicalQuantity(from: string | number): string {
  return Quantity.parse(from).toString();
}

function requireSafeInteger(value: number): void {
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`${value} is no integer that a quantity can be made of exactly`);
  }
}

function divideAwayFromZero(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  if (value % by === 0n) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}

const grammar = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?[0-9]+))?$/;

function parseExactly(text: string): { nano: bigint; format: QuantityFormat } {
  if (text.length > maxTextLength) throw new QuantityError(text, `is longer than ${maxTextLength} characters`);
  const [, sign, whole = "", fraction = "", suffix = "", exponentText] = grammar.exec(text) ?? [];
  if (sign === undefined || whole.length + fraction.length === 0) {
    throw new QuantityError(
      text,
      "is not a decimal number followed by nothing, an exponent (e3) or one of n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei",
    );
  }
  const binary = binaryExponents[suffix];
  const exponent = exponentText === undefined ? decimalExponents[suffix] ?? 0 : Number(exponentText);
  if (Math.abs(exponent) > maxExponent) {
    throw new QuantityError(text, `has an exponent outside -${maxExponent}..${maxExponent}`);
  }
  let digits = BigInt(whole + fraction);
  if (binary !== undefined) digits <<= BigInt(binary);
  let nano = shiftTen(digits, 9 + (binary === undefined ? exponent : 0) - fraction.length);
  let format: QuantityFormat = exponentText !== undefined
    ? "DecimalExponent"
    : binary !== undefined
    ? "BinarySI"
    : "DecimalSI";
  if (format === "BinarySI") {
    if (nano > maxBinary) nano = maxBinary;
    if (nano > 0n && nano < nanosPerUnit) format = "DecimalSI";
  }
  return { nano: sign === "-" ? -nano : nano, format };
}

/** `digits` times ten to `places`, rounded up. */
function shiftTen(digits: bigint, places: number): bigint {
  return places >= 0 ? digits * 10n ** BigInt(places) : divideAwayFromZero(digits, 10n ** BigInt(-places));
}

function printBinary(nano: bigint): string {
  const magnitude = nano < 0n ? -nano : nano;
  if (magnitude < 1024n * nanosPerUnit || nano % nanosPerUnit !== 0n) return printDecimal(nano, "DecimalSI");
  let units = nano / nanosPerUnit;
  let power = 0;
  while (units % 1024n === 0n && power < binarySuffixes.length - 1) {
    units /= 1024n;
    power++;
  }
  return `${units}${binarySuffixes[power]}`;
}

function printDecimal(nano: bigint, format: QuantityFormat): string {
  let mantissa = nano;
  let exponent = -9;
  // The named suffixes end at E; exponents go on.
  const last = format === "DecimalExponent" ? Infinity : 18;
  while (mantissa % 1000n === 0n && exponent < last) {
    mantissa /= 1000n;
    exponent += 3;
  }
  if (format === "DecimalExponent") return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
  return `${mantissa}${decimalSuffixes.get(exponent)}`;
}
