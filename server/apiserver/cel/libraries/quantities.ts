import type { Environment } from "@marcbachmann/cel-js";
import { Quantity, QuantityError } from "../../../../api/meta/quantity.ts";

const type = "kubernetes.Quantity";

/** As CEL holds it: without fields of its own, which expressions could read. */
class CelQuantity {
  readonly #value: Quantity;

  constructor(value: Quantity) {
    this.#value = value;
  }

  equals(other: CelQuantity): boolean {
    return this.#value.equals(other.value);
  }

  get value(): Quantity {
    return this.#value;
  }
}

type Binary = (one: Quantity, other: Quantity) => boolean | bigint | CelQuantity;

const binary: readonly (readonly [name: string, result: string, compute: Binary])[] = [
  ["isGreaterThan", "bool", (one, other) => one.compare(other) > 0],
  ["isLessThan", "bool", (one, other) => one.compare(other) < 0],
  ["compareTo", "int", (one, other) => BigInt(one.compare(other))],
  ["add", type, (one, other) => new CelQuantity(one.add(other))],
  ["sub", type, (one, other) => new CelQuantity(one.subtract(other))],
];

/** Kubernetes' functions on quantities of resources. */
export function registerQuantities(environment: Environment): void {
  environment
    .registerType(type, { ctor: CelQuantity, fields: {} })
    .registerOperator(`${type} == ${type}`, (one: CelQuantity, other: CelQuantity) => one.equals(other))
    .registerFunction(`quantity(string): ${type}`, (text: string) => new CelQuantity(parse(text)))
    .registerFunction("isQuantity(string): bool", isQuantity)
    .registerFunction(`${type}.sign(): int`, ({ value }: CelQuantity) => BigInt(value.sign()))
    .registerFunction(`${type}.isInteger(): bool`, ({ value }: CelQuantity) => isInteger(value))
    .registerFunction(`${type}.asInteger(): int`, asInteger)
    .registerFunction(`${type}.asApproximateFloat(): double`, ({ value }: CelQuantity) => value.approximate());
  for (const [name, result, compute] of binary) {
    environment.registerFunction(
      `${type}.${name}(${type}): ${result}`,
      (one: CelQuantity, other: CelQuantity) => compute(one.value, other.value),
    );
  }
  for (const [name, , compute] of binary.slice(-2)) {
    environment.registerFunction(
      `${type}.${name}(int): ${type}`,
      (one: CelQuantity, other: bigint) => compute(one.value, Quantity.of(Number(other))),
    );
  }
}

function parse(text: string): Quantity {
  if (text !== text.trim()) throw new QuantityError(text, "white space is no part of a quantity");
  return Quantity.parse(text);
}

function isQuantity(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

function isInteger(value: Quantity): boolean {
  const rounded = value.value();
  return Number.isSafeInteger(rounded) && value.equals(Quantity.of(rounded));
}

function asInteger({ value }: CelQuantity): bigint {
  if (!isInteger(value)) throw new RangeError("cannot convert value to integer");
  return BigInt(value.value());
}
