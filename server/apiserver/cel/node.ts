import type { TypeOf } from "./libraries/macro.ts";

/** A node of the CEL library's syntax tree: as much of it as ours uses. */
export interface Node {
  readonly op: string;
  // deno-lint-ignore no-explicit-any
  args: any;
  readonly start: number;
  readonly end: number;
  /** The whole text. */
  readonly input?: string;
  /** The library's own; undefined before types are checked. */
  readonly checkedType?: TypeOf;
  /** What computes an operator's or a function's value from its operands'. */
  handle?: (...operands: unknown[]) => unknown;
  readonly meta: NodeMeta;
  setMeta(key: string, value: unknown): Node;
}

export interface NodeMeta {
  /** Another node that stands for this one: what a macro became. */
  readonly alternate?: Node;
  readonly macro?: { evaluate(...given: unknown[]): unknown };
  readonly evaluate: (...given: unknown[]) => unknown;
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "op" in value && "args" in value;
}

/** Every node that somebody wrote, operands before their operators, in the order of the text. Does not call itself: chains can be long. */
export function nodesOf(value: unknown): readonly Node[] {
  const found: Node[] = [];
  const rest = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (Array.isArray(next)) { for (const item of next) rest.push(item); }
    else if (isNode(next)) {
      found.push(next);
      rest.push(next.args);
    }
  }
  // What was found last stands first.
  return found.reverse();
}

/** Operators of two operands, with the names that CEL's functions have for them. */
export const binaryFunctions: Readonly<Record<string, string>> = {
  "==": "_==_",
  "!=": "_!=_",
  "<": "_<_",
  "<=": "_<=_",
  ">": "_>_",
  ">=": "_>=_",
  "+": "_+_",
  "-": "_-_",
  "*": "_*_",
  "/": "_/_",
  "%": "_%_",
  "in": "@in",
  "&&": "_&&_",
  "||": "_||_",
};

/** Where CEL says that an expression is: at its operator, its dot, or its parenthesis. */
export function positionOf(node: Node, text: string): number {
  const { op, args, start } = node;
  if (op in binaryFunctions || op === "?:") return behind(text, args[0].end, op === "?:" ? "?" : op);
  if (op === "." || op === ".?") return behind(text, args[0].end, ".");
  if (op === "[]" || op === "[?]") return behind(text, args[0].end, "[");
  if (op === "call") return behind(text, start, "(");
  if (op === "rcall") return behind(text, behind(text, args[1].end, args[0]) + args[0].length, "(");
  return start;
}

function behind(text: string, from: number, sign: string): number {
  const found = text.indexOf(sign, from);
  return found < 0 ? from : found;
}

/** What CEL's messages call a type otherwise than the library; and what it calls the type of a whole expression. */
const variables = { $variables: "kubernetes.variables" };
const messageNames: Readonly<Record<string, string>> = {
  ...variables,
  "google.protobuf.Timestamp": "timestamp",
  "google.protobuf.Duration": "duration",
};
export const resultNames: Readonly<Record<string, string>> = { ...variables, null: "null_type" };

/** As CEL writes a type: `map(string, list(dyn))`. */
export function typeText(type: TypeOf, names: Readonly<Record<string, string>> = messageNames): string {
  const part = (one: TypeOf | undefined) => one === undefined ? "dyn" : typeText(one, names);
  switch (type.kind) {
    case "list":
      return `list(${part(type.valueType)})`;
    case "map":
      return `map(${part(type.keyType)}, ${part(type.valueType)})`;
    case "optional":
      return `optional_type(${part(type.valueType)})`;
    case "dyn":
    case "param":
      return "dyn";
  }
  return names[`${type}`] ?? `${type}`;
}

/** The type of a checked node; of a type, which: `type(int)`. */
export function nodeTypeText({ op, args, checkedType, meta }: Node): string {
  if (checkedType === undefined) return "dyn";
  if (checkedType.kind === "primitive" && `${checkedType}` === "type") {
    if (op === "call" && args[0] === "type") return `type(${nodeTypeText(args[1][0])})`;
    if (op === "id" && meta.alternate) return `type(${args})`;
  }
  return typeText(checkedType);
}
