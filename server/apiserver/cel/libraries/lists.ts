import { type Environment, Optional } from "@marcbachmann/cel-js";
import { isEqual } from "./equality.ts";
import { BoundExpression, type Macro, type MacroCall, requireRange } from "./macro.ts";

type Comparable = string | number | bigint;

/** No list that an expression makes out of nothing is longer. */
const maxRange = 1_000_000n;

/** Kubernetes' functions on lists, and CEL's extension for them. */
export function registerLists(environment: Environment): void {
  const functions: Readonly<Record<string, (list: never[], ...more: never[]) => unknown>> = {
    "isSorted(): bool": (list: Comparable[]) => list.every((value, i) => i === 0 || list[i - 1]! <= value),
    "min(): A": (list: Comparable[]) => extreme(list, "min", (a, b) => a < b),
    "max(): A": (list: Comparable[]) => extreme(list, "max", (a, b) => a > b),
    "sum(): A": sum,
    "indexOf(A): int": (list: unknown[], wanted: unknown) => BigInt(list.findIndex((one) => isEqual(one, wanted))),
    "lastIndexOf(A): int": (list: unknown[], wanted: unknown) =>
      BigInt(list.findLastIndex((one) => isEqual(one, wanted))),
    "slice(int, int): list<A>": slice,
    "flatten(): list<dyn>": (list: unknown[]) => list.flat(1),
    "flatten(int): list<dyn>": (list: unknown[], depth: bigint) => list.flat(Number(depth)),
    "sort(): list<A>": (list: Comparable[]) => list.toSorted(compare),
    "reverse(): list<A>": (list: unknown[]) => list.toReversed(),
    "distinct(): list<A>": distinct,
    "first(): optional<A>": (list: unknown[]) => Optional.of(list[0]),
    "last(): optional<A>": (list: unknown[]) => Optional.of(list.at(-1)),
  };
  for (const [signature, compute] of Object.entries(functions)) {
    environment.registerFunction(`list<A>.${signature}`, compute);
  }
  environment.registerFunction("list.sortBy(ast, ast): list<dyn>", sortBy)
    .registerType("Lists", Lists)
    .registerConstant("lists", "Lists", new Lists())
    .registerFunction("Lists.range(int): list<int>", range);
}

/** The receiver of `lists.range(…)`: a name, no value. */
class Lists {}

function extreme(list: Comparable[], name: string, better: (a: Comparable, b: Comparable) => boolean): Comparable {
  const [first, ...rest] = list;
  if (first === undefined) throw new RangeError(`${name} called on empty list`);
  return rest.reduce((best, value) => better(value, best) ? value : best, first);
}

interface Duration {
  addDuration(other: Duration): Duration;
}

function sum(list: (number | bigint | Duration)[]): number | bigint | Duration {
  const [first, ...rest] = list;
  if (typeof first === "object") return (rest as Duration[]).reduce((total, value) => total.addDuration(value), first);
  if (list.every((value) => typeof value === "bigint")) return list.reduce((total, value) => total + value, 0n);
  return list.reduce((total: number, value) => total + Number(value), 0);
}

function slice(list: unknown[], start: bigint, end: bigint): unknown[] {
  if (start < 0n || start > end || end > list.length) {
    throw new RangeError(`cannot slice(${start}, ${end}), the list has ${list.length} items`);
  }
  return list.slice(Number(start), Number(end));
}

function distinct(list: unknown[]): unknown[] {
  return list.reduce<unknown[]>((kept, one) => {
    if (!kept.some((other) => isEqual(one, other))) kept.push(one);
    return kept;
  }, []);
}

function compare(one: Comparable, other: Comparable): number {
  if (one === other) return 0;
  if (one < other) return -1;
  if (one > other) return 1;
  throw new TypeError("no such overload: the items cannot be compared");
}

function range(_: Lists, count: bigint): bigint[] {
  if (count > maxRange) throw new RangeError(`lists.range(${count}) is longer than ${maxRange}`);
  return Array.from({ length: Math.max(Number(count), 0) }, (_, i) => BigInt(i));
}

/** `list.sortBy(item, key)`. */
function sortBy({ receiver, args }: MacroCall): Macro {
  const key = new BoundExpression(args.slice(0, 1), args[1]!);
  return {
    async: false,
    typeCheck(checker, _, scope) {
      const list = requireRange(checker, receiver, scope, ["list"]);
      key.check(checker, [list.valueType ?? checker.getType("dyn")], scope);
      return list;
    },
    evaluate(evaluator, _, scope) {
      const keyed = (evaluator.run(receiver, scope) as unknown[])
        .map((item) => [key.run(evaluator, [item], scope) as Comparable, item] as const);
      return keyed.sort(([one], [other]) => compare(one, other)).map(([, item]) => item);
    },
  };
}
