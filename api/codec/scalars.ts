import type { Scalar } from "../schema/contract.ts";
import { canonicalQuantity } from "../meta/quantity.ts";
import { formatTime, parseDuration, parseTime } from "../meta/time.ts";

/** What a checker answers for a value that is not of its type. */
export const wrong: unique symbol = Symbol("wrong");

export interface ScalarType {
  /** For messages: `expected …`. */
  readonly expected: string;
  /** What stands for null where a value must be, and what Go leaves out of an answer; undefined where there is none. */
  readonly zero: unknown;
  /** The value as the API writes it, or {@linkcode wrong}; the same value when nothing has to change. */
  readonly check: (value: unknown) => unknown;
}

const maxInt32 = 2 ** 31 - 1;

/** Usual texts that are in canonical form already, so that they are not parsed. */
const plainQuantity = /^(0|[1-9][0-9]{0,2}(m|Mi|Gi)?)$/;
const plainTime = /^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3])(:[0-5][0-9]){2}Z$/;
const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Checks each scalar and brings it to the form in which the API answers it, as upstream's decoding into typed values does:
 * quantities canonical, times in UTC.
 */
export const scalarTypes: Readonly<Record<Scalar, ScalarType>> = {
  string: { expected: "string", zero: "", check: (v) => typeof v === "string" ? v : wrong },
  bool: { expected: "bool", zero: false, check: (v) => typeof v === "boolean" ? v : wrong },
  int32: {
    expected: "int32",
    zero: 0,
    check: (v) => Number.isInteger(v) && (v as number) <= maxInt32 && (v as number) >= -maxInt32 - 1 ? v : wrong,
  },
  // Beyond 2^53 a JavaScript number no longer tells one integer from the next: refusing is better than storing another one.
  int64: { expected: "int64 within ±(2^53-1)", zero: 0, check: (v) => Number.isSafeInteger(v) ? v : wrong },
  double: { expected: "number", zero: 0, check: (v) => Number.isFinite(v) ? v : wrong },
  bytes: { expected: "base64", zero: "", check: checkBytes },
  quantity: {
    expected: "quantity such as 500m or 1Gi",
    zero: "0",
    check: (v) =>
      typeof v === "string" && plainQuantity.test(v)
        ? v
        : typeof v === "string" || typeof v === "number"
        ? attempt(() => canonicalQuantity(v))
        : wrong,
  },
  intOrString: {
    expected: "int32 or string",
    zero: 0,
    check: (v) => typeof v === "string" ? v : scalarTypes.int32.check(v),
  },
  time: {
    expected: "RFC 3339 time",
    zero: undefined,
    check: (v) => typeof v !== "string" ? wrong : plainTime.test(v) ? v : attempt(() => formatTime(parseTime(v))),
  },
  microTime: {
    expected: "RFC 3339 time",
    zero: undefined,
    check: (v) => typeof v === "string" ? attempt(() => microTime(v)) : wrong,
  },
  duration: {
    expected: "duration such as 1h30m",
    zero: "0s",
    check: (v) => typeof v === "string" ? attempt(() => (parseDuration(v), v)) : wrong,
  },
  raw: { expected: "any value", zero: undefined, check: (v) => v },
};

/** The fraction is taken from the text: in a count of milliseconds, a double, it would not be exact. */
function microTime(text: string): string {
  const fraction = /\.([0-9]+)/.exec(text)?.[1] ?? "";
  return `${formatTime(parseTime(text)).slice(0, -1)}.${fraction.slice(0, 6).padEnd(6, "0")}Z`;
}

function checkBytes(value: unknown): unknown {
  if (typeof value !== "string") return wrong;
  // Line breaks within are allowed, as every base64 tool writes them.
  const text = value.includes("\n") || value.includes("\r") ? value.replace(/[\r\n]/g, "") : value;
  return text.length % 4 === 0 && base64.test(text) ? text : wrong;
}

/** The parsers throw for a text that is none of theirs; the caller names the value and its place better than they can. */
function attempt(parse: () => string): unknown {
  try {
    return parse();
  } catch {
    return wrong;
  }
}
