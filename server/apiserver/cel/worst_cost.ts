/**
 * The most that an expression can cost, by what is known of its variables before they have values: as upstream estimates it (cel-go's checker with
 * Kubernetes' sizes) to refuse an expression before it is ever evaluated.
 */
import { callPrice, Measured } from "./cost.ts";
import { type Node, typeText } from "./node.ts";

/** What is known of a value before there is one. */
export interface Shape {
  /** The most characters, bytes or entries that it can have; 1 for what has none. */
  readonly size: number;
  /** Of a message. */
  readonly fields?: Readonly<Record<string, Shape>>;
  /** Of a map. */
  readonly keys?: Shape;
  /** Of a map or a list. */
  readonly values?: Shape;
}

interface Estimate {
  readonly cost: number;
  readonly shape: Shape;
}

type Scope = ReadonlyMap<string, Shape>;

const unknown: Shape = { size: Infinity };
const scalar: Shape = { size: 1 };
const scalars: ReadonlySet<string> = new Set(["bool", "int", "uint", "double", "null", "timestamp", "duration"]);
const [listPrice, mapPrice] = [10, 30];
/** A list of one, which is added to those before it. */
const keepPrice = listPrice + 2;

/** What an iteration of a macro costs with what is evaluated in it, and what comes out; `result` is of the whole list. */
interface Loop {
  readonly start: number;
  each(parts: readonly number[]): number;
  readonly makes: "list" | "scalar";
}

const keeps = (item: number) => Math.max(keepPrice + item, 1);
const tests = (price: number): Loop => ({ start: 1, each: ([test = 0]) => price + test, makes: "scalar" });
const counts: Loop = { start: 2, each: ([test = 0]) => test + 2, makes: "scalar" };
const transforms: Loop = {
  start: listPrice + 1,
  each: ([one = 0, other]) => other === undefined ? keepPrice + one : one + keeps(other),
  makes: "list",
};
const loops: Readonly<Record<string, Loop>> = {
  all: tests(3),
  exists: tests(4),
  exists_one: counts,
  existsOne: counts,
  map: transforms,
  transformList: transforms,
  filter: { start: listPrice + 1, each: ([test = 0]) => test + keeps(1), makes: "list" },
  transformMap: { ...transforms, start: mapPrice + 1 },
  transformMapEntry: { ...transforms, start: mapPrice + 1 },
};

/** Functions that look at all of what they are called on, and into it. */
const walks: ReadonlySet<string> = new Set(["isSorted", "sum", "max", "min", "indexOf", "lastIndexOf", "join"]);

/** Functions whose value is no longer than what they are called on. */
const shortening: ReadonlySet<string> = new Set(["lowerAscii", "upperAscii", "trim", "substring", "dyn", "orValue"]);

/** In upstream's units; Infinity when nothing is known of the size of something that matters. The tree's types have been checked. */
export function worstCost(tree: Node, variables: Readonly<Record<string, Shape>>): number {
  return estimate(tree, new Map(Object.entries(variables))).cost;
}

function estimate(node: Node, scope: Scope): Estimate {
  const { op, args } = node;
  switch (op) {
    case "value":
      return { cost: 0, shape: { size: typeof args === "string" ? [...args].length : args?.length ?? 1 } };
    case "id":
      return { cost: 1, shape: scope.get(args) ?? byType(node) };
    case ".":
    case ".?":
      return selection(node, scope);
    case "[]":
    case "[?]": {
      const [holder, key] = [estimate(args[0], scope), estimate(args[1], scope)];
      return { cost: 1 + holder.cost + key.cost, shape: holder.shape.values ?? byType(node) };
    }
    case "?:": {
      const [test, one, other] = args.map((part: Node) => estimate(part, scope)) as [Estimate, Estimate, Estimate];
      return { cost: test.cost + Math.max(one.cost, other.cost), shape: either(one.shape, other.shape) };
    }
    case "list":
    case "map":
      return literal(node, scope);
    case "call":
      return call(node, args[0], undefined, args[1], scope);
    case "rcall":
      return call(node, args[0], args[1], args[2], scope);
    default:
      return operation(node, [args].flat(), scope);
  }
}

function selection({ op, args, ...node }: Node, scope: Scope): Estimate {
  const { cost, shape } = estimate(args[0], scope);
  const name = typeof args[1] === "string" ? args[1] : "";
  // What is of any type is looked into for nothing.
  const price = op === ".?" || args[0].checkedType?.kind !== "dyn" ? 1 : 0;
  return { cost: cost + price, shape: shape.fields?.[name] ?? shape.values ?? byType(node as Node) };
}

function literal({ op, args }: Node, scope: Scope): Estimate {
  const entries = (args as (Node | Node[])[]).map((entry) => [entry].flat().map((part) => estimate(part, scope)));
  const cost = entries.flat().reduce((sum, part) => sum + part.cost, op === "list" ? listPrice : mapPrice);
  const none: Shape = { size: 0 };
  const values = entries.reduce((sum, entry) => either(sum, entry.at(-1)!.shape), none);
  const keys = entries.reduce((sum, entry) => either(sum, entry[0]!.shape), none);
  return { cost, shape: { size: entries.length, values, ...op === "map" && { keys } } };
}

function operation(node: Node, operands: readonly Node[], scope: Scope): Estimate {
  const { op } = node;
  const parts = operands.map((operand) => estimate(operand, scope));
  const below = parts.reduce((sum, { cost }) => sum + cost, 0);
  const [one, other] = parts.map(({ shape }) => shape) as [Shape, Shape];
  if (op === "&&" || op === "||") return { cost: below, shape: scalar };
  if (op === "in") {
    const isList = operands[1]!.checkedType?.kind !== "map";
    return { cost: below + (isList ? other.size : 1), shape: scalar };
  }
  if (op === "+" && parts.length === 2) {
    const kind = node.checkedType?.kind;
    const type = node.checkedType && typeText(node.checkedType);
    const size = one.size + other.size;
    const values = one.values && other.values && either(one.values, other.values);
    if (kind === "list") return { cost: below + 1, shape: { size, ...values && { values } } };
    if (type !== undefined && scalars.has(type)) return { cost: below + 1, shape: scalar };
    return { cost: below + Math.ceil(size * 0.1), shape: { size } };
  }
  return { cost: below + callPrice(op, [new Measured(one.size), new Measured(other?.size ?? 1)]), shape: byType(node) };
}

function call(
  node: Node,
  name: string,
  receiver: Node | undefined,
  args: readonly Node[],
  scope: Scope,
): Estimate {
  if (name === "has" && node.meta.macro) return { cost: estimate(args[0]!.args[0], scope).cost, shape: scalar };
  if (name === "bind" && receiver?.op === "id" && receiver.args === "cel") {
    const value = estimate(args[1]!, scope);
    const inner = estimate(args[2]!, new Map([...scope, [args[0]!.args, value.shape]]));
    return { cost: listPrice + value.cost + inner.cost, shape: inner.shape };
  }
  const isLoop = node.meta.alternate?.op === "comprehension" || node.meta.macro && args[1]?.op === "id";
  const loop = isLoop && Object.hasOwn(loops, name) ? loops[name] : undefined;
  if (loop !== undefined && receiver !== undefined) return iteration(loop, name, receiver, args, scope);
  // `sets.contains(…)`: the receiver is a part of the name.
  const isMethod = receiver !== undefined && receiver.meta.alternate?.op !== "value";
  const parts = [...isMethod ? [receiver] : [], ...args].map((part) => estimate(part, scope));
  const below = parts.reduce((sum, { cost }) => sum + cost, 0);
  const [first = scalar] = parts.map(({ shape }) => shape);
  if (name === "dyn") return { cost: below + 1, shape: first };
  if (isMethod && walks.has(name)) return { cost: below + walkPrice(name, receiver, parts), shape: byType(node) };
  const price = callPrice(name, parts.map(({ shape }) => new Measured(shape.size)), new Measured(first.size));
  return { cost: below + price, shape: resultShape(node, name, args, first) };
}

function resultShape(node: Node, name: string, args: readonly Node[], first: Shape): Shape {
  if (shortening.has(name)) return first;
  if (name === "split") return { size: first.size, values: first };
  if (name === "range" && typeof args[0]?.args === "bigint") return { size: Number(args[0].args), values: scalar };
  return byType(node);
}

/** Of what goes over a whole text, or over a list and all texts in it. */
function walkPrice(name: string, receiver: Node, [one, other]: readonly Estimate[]): number {
  const { size, values } = one!.shape;
  const type = receiver.checkedType;
  if (type?.kind !== "list") return Math.ceil(size * 0.1);
  const hasTexts = type.valueType === undefined || ["string", "bytes", "dyn"].includes(typeText(type.valueType));
  // Of what is made in the expression upstream does not look into the items.
  const item = ["id", ".", "[]"].includes(receiver.op) && values ? values.size : Infinity;
  if (name !== "join") return size * (hasTexts ? 1 + Math.ceil(item * 0.1) : 1);
  const separators = other ? other.shape.size * Math.max(size - 1, 0) : 0;
  return Math.ceil((size * item + separators) * 0.1);
}

/** A macro that goes over a map's keys, or a list's items: with one variable, or with the key and the value. */
function iteration(
  { start, each, makes }: Loop,
  name: string,
  receiver: Node,
  args: readonly Node[],
  scope: Scope,
): Estimate {
  const range = estimate(receiver, scope);
  const { size, keys, values = unknown } = range.shape;
  // `map` and the tests have one variable, and what is made of lists and maps two.
  const isTwo = args.length > 2 && args[1]!.op === "id" && name !== "map";
  const own: [string, Shape][] = isTwo
    ? [[args[0]!.args, keys ?? scalar], [args[1]!.args, values]]
    : [[args[0]!.args, keys ?? values]];
  const inner = new Map([...scope, ...own]);
  const parts = args.slice(isTwo ? 2 : 1).map((part) => estimate(part, inner));
  const cost = range.cost + start + size * each(parts.map((part) => part.cost));
  if (makes === "scalar") return { cost, shape: scalar };
  return { cost, shape: { size, values: name === "filter" ? own[0]![1] : parts.at(-1)!.shape } };
}

function either(one: Shape, other: Shape): Shape {
  if (one === other) return one;
  const values = one.values && other.values && either(one.values, other.values);
  const keys = one.keys && other.keys && either(one.keys, other.keys);
  return { size: Math.max(one.size, other.size), ...values && { values }, ...keys && { keys } };
}

/** Of a value of which nothing is known but its type. */
function byType({ checkedType }: Pick<Node, "checkedType">): Shape {
  return checkedType !== undefined && scalars.has(typeText(checkedType)) ? scalar : unknown;
}
