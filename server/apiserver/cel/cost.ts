/**
 * What an expression costs while it is evaluated, in the units and with the prices of upstream (cel-go's runtime cost and Kubernetes' own for its
 * libraries), so that none runs for ever. Prices of loops are those of what upstream's macros become.
 */
import { type Node, nodesOf } from "./node.ts";

/** Upstream's limit of one evaluation, some tenth of a second there. */
export const perCallLimit = 1_000_000;

/** What is left. One evaluation runs at a time: nothing in it waits. */
export class Budget {
  #left = Infinity;
  #limit = Infinity;

  start(limit: number): void {
    this.#left = this.#limit = limit;
  }

  /** Throws a RangeError when there is no more. */
  spend(cost: number): void {
    this.#left -= cost;
    this.requireLeft();
  }

  /** Throws a RangeError when too much was spent: `||` and `&&` may have kept quiet about it. */
  requireLeft(): void {
    if (this.#left < 0) throw new RangeError("operation cancelled: actual cost limit exceeded");
  }

  get spent(): number {
    return this.#limit - this.#left;
  }
}

/** Of nodes that make or read a value, whatever that is. */
const prices: Readonly<Record<string, number>> = { id: 1, ".": 1, "[]": 1, list: 10, map: 30 };
const messagePrice = 40;
/** Of an iteration, besides what stands in the text: of those that only test, and of those that keep something. */
const testPrices: Readonly<Record<string, number>> = { all: 3, exists: 4 };
const keepPrice = 12;
/** Of an iteration of a macro of ours. */
const macroPrices: Readonly<Record<string, number>> = {
  all: 3,
  exists: 4,
  existsOne: 1,
  transformList: 12,
  transformMap: 3,
  transformMapEntry: 3,
  sortBy: 12,
};

const traversal = (size: number, times = 1) => Math.ceil(size * times * 0.1);
const pattern = (text: unknown, expression: unknown) =>
  Math.ceil((1 + sizeOf(text)) * 0.1) * Math.ceil(sizeOf(expression) * 0.25);
const ofFirst = ([value]: readonly unknown[]) => traversal(sizeOf(value));
const twice = ([value]: readonly unknown[]) => traversal(sizeOf(value), 2);
const walk = ([value]: readonly unknown[]) => walkOf(value);
const ofSets = ([one, other]: readonly unknown[]) => 1 + sizeOf(one) * sizeOf(other);
const smaller = ([one, other]: readonly unknown[]) => traversal(Math.min(sizeOf(one), sizeOf(other)));
/** A list and a message for each requirement, of which two characters make one. */
const selector = ([, text]: readonly unknown[]) => 10 + traversal(sizeOf(text)) + 50 * Math.ceil(sizeOf(text) / 2);

/** Of functions and operators, by their name; 1 for the others. The arguments begin with the receiver, if there is one. */
const callPrices: Readonly<Record<string, (args: readonly unknown[], result: unknown) => number>> = {
  "==": smaller,
  "!=": smaller,
  "<": smaller,
  "<=": smaller,
  ">": smaller,
  ">=": smaller,
  "?:": () => 0,
  ".?": () => 0,
  "[?]": () => 0,
  orValue: () => 0,
  "in": ([, holder]) => Array.isArray(holder) ? sizeOf(holder) : 1,
  "+": ([one, other]) =>
    typeof one === "string" || one instanceof Uint8Array ? traversal(sizeOf(one) + sizeOf(other)) : 1,
  startsWith: ofFirst,
  endsWith: ofFirst,
  contains: ([one, other]) =>
    Array.isArray(one) ? ofSets([one, other]) : traversal(sizeOf(one)) * traversal(sizeOf(other)),
  matches: ([text, expression]) => pattern(text, expression),
  find: ([text, expression]) => pattern(text, expression),
  findAll: ([text, expression]) => pattern(text, expression),
  string: ofFirst,
  bytes: ofFirst,
  format: ofFirst,
  url: ofFirst,
  lowerAscii: ofFirst,
  upperAscii: ofFirst,
  substring: ofFirst,
  trim: ofFirst,
  escapeKey: ofFirst,
  replace: twice,
  split: twice,
  join: (_, result) => traversal(sizeOf(result), 2),
  isSorted: walk,
  sum: walk,
  min: walk,
  max: walk,
  indexOf: walk,
  lastIndexOf: walk,
  isIP: ofFirst,
  isCIDR: ofFirst,
  cidr: ofFirst,
  ip: ofFirst,
  quantity: ofFirst,
  isQuantity: ofFirst,
  semver: ofFirst,
  isSemver: ofFirst,
  intersects: ofSets,
  equivalent: (args) => 2 * ofSets(args),
  distinct: ([list]) => 11 + 2 * sizeOf(list) ** 2,
  sort: ([list]) => 11 + 2 * sizeOf(list) ** 2,
  range: (_, result) => 11 + sizeOf(result),
  reverse: (_, result) => 11 + sizeOf(result),
  slice: (_, result) => 11 + sizeOf(result),
  flatten: (_, result) => 11 + sizeOf(result),
  // An expression can ask for two checks.
  check: () => 350_000,
  fieldSelector: selector,
  labelSelector: selector,
};

/** What such a call costs by itself. Arguments begin with the receiver, and may be measured ones. */
export function callPrice(name: string, args: readonly unknown[], result?: unknown): number {
  return Object.hasOwn(callPrices, name) ? callPrices[name]!(args, result) : 1;
}

/** Stands for a value of which the size alone is known. */
export class Measured {
  readonly size: number;

  constructor(size: number) {
    this.size = size;
  }
}

function sizeOf(value: unknown): number {
  if (value instanceof Measured) return value.size;
  if (typeof value === "string" || Array.isArray(value) || value instanceof Uint8Array) return value.length;
  if (value instanceof Map || value instanceof Set) return value.size;
  return typeof value === "object" && value !== null && value.constructor === Object ? Object.keys(value).length : 1;
}

function walkOf(value: unknown): number {
  if (typeof value === "string") return Math.floor(value.length * 0.1);
  if (Array.isArray(value)) return value.reduce((sum, item) => sum + walkOf(item), 0);
  return 1;
}

/** Makes every evaluation of the tree, whose types have been checked, take its costs from the budget. */
export function meter(tree: Node, budget: Budget): void {
  const nodes = new Set(nodesOf(tree));
  for (const node of nodes) {
    const { alternate, macro } = node.meta;
    if (alternate?.op === "comprehension") meterLoop(node, alternate, budget);
    else if (macro) meterMacro(node, macro, budget);
    else if (!alternate && node.op in prices && !isConstant(node)) meterNode(node, prices[node.op]!, budget);
    if (node.handle && !(node.op in prices)) meterCall(node, node.handle, budget);
  }
}

/** Made once, and free from then on. */
function isConstant({ op, args }: Node): boolean {
  if (op === "value") return true;
  return (op === "list" || op === "map") && args.flat().every(isConstant);
}

function meterNode(node: Node, price: number, budget: Budget): void {
  const { evaluate } = node.meta;
  node.setMeta("evaluate", (...given: unknown[]) => {
    budget.spend(price);
    return evaluate.apply(node, given);
  });
}

function meterLoop(node: Node, loop: Node, budget: Budget): void {
  meterNode(loop, 1, budget);
  const { step } = loop.args as { step: Node };
  const test = Object.hasOwn(testPrices, node.args[0]) ? testPrices[node.args[0]] : undefined;
  if (test !== undefined) return meterNode(step, test, budget);
  // What is thrown away costs nothing upstream; here it costs what a turn takes.
  if (step.op === "?:") meterNode(step, 1, budget);
  const keep = step.op === "?:" ? step.args[1] as Node : step;
  if (keep.op === "accuPush") meterNode(keep, isConstant(keep.args) ? 2 : keepPrice, budget);
}

function meterMacro(node: Node, macro: NonNullable<Node["meta"]["macro"]>, budget: Budget): void {
  const evaluate = macro.evaluate;
  const price = node.op === "[]" ? messagePrice : prices[node.op] ?? 1;
  macro.evaluate = (...given) => {
    budget.spend(price);
    return evaluate.apply(macro, given);
  };
  if (node.op !== "rcall" || !Object.hasOwn(macroPrices, node.args[0])) return;
  const body = node.args[2].at(-1) as Node;
  if (!body.meta.alternate && !body.meta.macro) meterNode(body, macroPrices[node.args[0]]!, budget);
}

function meterCall(node: Node, handle: NonNullable<Node["handle"]>, budget: Budget): void {
  const isCall = node.op === "call" || node.op === "rcall";
  const name = isCall ? node.args[0] : node.op;
  // Upstream looks for a value among constants in a set.
  const isLookup = name === "in" && isConstant(node.args[1]);
  const price = !isLookup && Object.hasOwn(callPrices, name) ? callPrices[name]! : undefined;
  // `sets.contains(…)`: the receiver is a part of the name.
  const skipped = node.op === "rcall" && node.args[1].meta.alternate?.op === "value" ? 1 : 0;
  node.handle = (...operands) => {
    const args = isCall ? (operands[0] as unknown[]).slice(skipped) : operands;
    // What is made is paid for before it is made where its size is known from the arguments, else at once after.
    if (price === undefined || price.length < 2) budget.spend(price?.(args, undefined) ?? 1);
    const result = handle.apply(node, operands);
    if (price !== undefined && price.length >= 2) budget.spend(price(args, result));
    return result;
  };
}
