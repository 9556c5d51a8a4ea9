import type { Environment } from "@marcbachmann/cel-js";

type Comparable = string | number | bigint;

/** Kubernetes' functions on lists. */
export function registerLists(environment: Environment): void {
  environment
    .registerFunction(
      "list.isSorted(): bool",
      (list: Comparable[]) => list.every((value, i) => i === 0 || list[i - 1]! <= value),
    )
    .registerFunction("list.min(): dyn", (list: Comparable[]) => extreme(list, "min", (a, b) => a < b))
    .registerFunction("list.max(): dyn", (list: Comparable[]) => extreme(list, "max", (a, b) => a > b))
    .registerFunction("list.sum(): dyn", sum)
    .registerFunction("list.indexOf(dyn): int", (list: unknown[], value: unknown) => BigInt(list.indexOf(value)))
    .registerFunction(
      "list.lastIndexOf(dyn): int",
      (list: unknown[], value: unknown) => BigInt(list.lastIndexOf(value)),
    );
}

function extreme(list: Comparable[], name: string, better: (a: Comparable, b: Comparable) => boolean): Comparable {
  const [first, ...rest] = list;
  if (first === undefined) throw new RangeError(`${name} called on empty list`);
  return rest.reduce((best, value) => better(value, best) ? value : best, first);
}

function sum(list: (number | bigint)[]): number | bigint {
  if (list.every((value) => typeof value === "bigint")) return list.reduce((total, value) => total + value, 0n);
  return list.reduce((total: number, value) => total + Number(value), 0);
}
