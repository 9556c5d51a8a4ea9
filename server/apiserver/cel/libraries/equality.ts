/** A value of a library's own type. */
interface Comparable {
  equals(other: unknown): boolean;
}

/** As CEL's `==` has it: numbers by their value whatever their type, lists and maps by what they hold. */
export function isEqual(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one)) {
    return Array.isArray(other) && one.length === other.length && one.every((value, i) => isEqual(value, other[i]));
  }
  if (typeof one !== "object" || one === null || typeof other !== "object" || other === null) {
    return isNumber(one) && isNumber(other) && Number(one) === Number(other);
  }
  if (one.constructor !== other.constructor) return false;
  if (isComparable(one)) return one.equals(other);
  // Times, durations and unsigned integers.
  if (typeof one.valueOf() !== "object") return one.valueOf() === other.valueOf();
  const [left, right] = [entriesOf(one), new Map(entriesOf(other))];
  return left.length === right.size && left.every(([key, value]) => right.has(key) && isEqual(value, right.get(key)));
}

/** Keys and values of a map, indices and values of a list, in their order. */
export function entriesOf(value: unknown): [unknown, unknown][] {
  if (Array.isArray(value)) return value.map((item, i) => [BigInt(i), item]);
  if (value instanceof Set) return [...value].map((item, i) => [BigInt(i), item]);
  return value instanceof Map ? [...value] : Object.entries(value as object);
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint" || isUnsigned(value);
}

function isUnsigned(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof value.valueOf() === "bigint";
}

function isComparable(value: object): value is Comparable {
  return "equals" in value && typeof value.equals === "function";
}
