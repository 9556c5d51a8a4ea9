type Verb = (value: unknown, precision: number) => string;

const defaultPrecision = 6;
const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** By the letter after the percent sign. */
const verbs: Readonly<Record<string, Verb>> = {
  s: (value) => print(value),
  d: (value) => integer(value, 10, "d"),
  b: (value) => typeof value === "boolean" ? String(Number(value)) : integer(value, 2, "b"),
  o: (value) => integer(value, 8, "o"),
  x: hexadecimal,
  X: (value) => hexadecimal(value).toUpperCase(),
  f: (value, precision) => special(value) ?? Number(number(value, "f")).toFixed(precision),
  e: scientific,
};

/** CEL's `format`: `%s` for anything, `%d` … for numbers, `%.3f` with a precision. Throws for what does not fit. */
export function formatText(text: string, values: readonly unknown[]): string {
  let next = 0;
  return text.replace(/%(?:\.([0-9]{1,3}))?([\s\S]?)/g, (_, precision: string | undefined, letter: string) => {
    if (letter === "%") return "%";
    const verb = Object.hasOwn(verbs, letter) ? verbs[letter]! : undefined;
    if (verb === undefined) throw new RangeError(`unrecognized formatting clause ${JSON.stringify(letter)}`);
    if (next >= values.length) throw new RangeError(`index ${next} out of range`);
    return verb(values[next++], precision === undefined ? defaultPrecision : Number(precision));
  });
}

function number(value: unknown, verb: string): number | bigint {
  const plain = typeof value === "object" && value !== null ? value.valueOf() : value;
  if (typeof plain === "number" || typeof plain === "bigint") return plain;
  throw new TypeError(`%${verb} takes numbers alone`);
}

function integer(value: unknown, radix: number, verb: string): string {
  if (verb === "d" && special(value) !== undefined) return special(value)!;
  const found = number(value, verb);
  if (typeof found === "number") throw new TypeError(`%${verb} takes integers alone`);
  return found.toString(radix);
}

function hexadecimal(value: unknown): string {
  if (typeof value === "string") return Buffer.from(value, "utf8").toString("hex");
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : integer(value, 16, "x");
}

function special(value: unknown): string | undefined {
  if (typeof value !== "number" || Number.isFinite(value)) return undefined;
  return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

/** `1.000000×10⁰³` */
function scientific(value: unknown, precision: number): string {
  const [mantissa = "", exponent = ""] = Number(number(value, "e")).toExponential(precision).split("e");
  const digits = exponent.slice(1).padStart(2, "0").replace(/[0-9]/g, (digit) => superscripts[Number(digit)]!);
  return special(value) ?? `${mantissa}×10${exponent.startsWith("-") ? "⁻" : ""}${digits}`;
}

/** `quoted`: inside a list or a map. */
function print(value: unknown, quoted = false): string {
  if (value === null) return "null";
  if (typeof value === "string") return quoted ? JSON.stringify(value) : value;
  if (typeof value === "number") return special(value) ?? (quoted ? value.toFixed(defaultPrecision) : String(value));
  if (Array.isArray(value)) return `[${value.map((item) => print(item, true)).join(", ")}]`;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("utf8");
  if (value instanceof Date) return value.toISOString().replace(/\.000Z$/, "Z");
  if (value instanceof Map || (typeof value === "object" && value.constructor === Object)) return printMap(value);
  // A type, which has nothing but its name.
  return typeof value === "object" && "name" in value ? String(value.name) : String(value);
}

function printMap(map: object): string {
  const entries = map instanceof Map ? [...map] : Object.entries(map);
  const parts = entries.map(([key, value]) => `${print(key, true)}:${print(value, true)}`);
  return `{${parts.sort().join(", ")}}`;
}
