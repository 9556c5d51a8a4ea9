import { binaryFunctions, type Node, nodeTypeText, positionOf } from "./node.ts";

/** What is wrong with an expression, and where in its text. */
export interface Issue {
  readonly message: string;
  /** Undefined for the expression as a whole. */
  readonly position?: number;
}

/** What the CEL library throws while it reads and checks an expression: as much of it as is told here. */
export interface Failure {
  readonly code: string;
  readonly summary: string;
  readonly node?: Node;
  readonly range?: { readonly start: number; readonly end: number };
}

export function isFailure(error: unknown): error is Failure {
  return error instanceof Error && "code" in error && "summary" in error;
}

/** The issue as upstream shows it: with its line, and a mark under the place. */
export function issueText(text: string, { message, position }: Issue): string {
  if (position === undefined) return `ERROR: <input>:-1:0: ${message}`;
  if (text === "") return `ERROR: <input>:1:0: ${message}`;
  const before = text.slice(0, position).split("\n");
  const characters = [...before.at(-1)!];
  const line = text.split("\n")[before.length - 1]!.replaceAll("\t", " ");
  // Wide signs stand under characters that may be wide.
  const dots = characters.map((character) => isWide(character) ? "．" : ".").join("");
  const mark = isWide(text.slice(position)) ? "＾" : "^";
  return `ERROR: <input>:${before.length}:${characters.length + 1}: ${message}\n | ${line}\n | ${dots}${mark}`;
}

function isWide(text: string): boolean {
  return text.charCodeAt(0) > 0x7f;
}

export function undeclared(name: string): string {
  return `undeclared reference to '${name}' (in container '')`;
}

type Teller = (node: Node, failure: Failure, functions: ReadonlySet<string>) => string;

const noOverload = (name: string, operands: readonly Node[], receiver?: Node) =>
  `found no matching overload for '${name}' applied to '${receiver ? `${nodeTypeText(receiver)}.` : ""}(${
    operands.map(nodeTypeText).join(", ")
  })'`;

const noIndex: Teller = ({ op, args }) =>
  op === "." || op === ".?"
    ? `type '${nodeTypeText(args[0])}' does not support field selection`
    : noOverload("_[_]", [args[0], args[1]]);

/** Upstream's words, by the library's code for the failure. */
const tellers: Readonly<Record<string, Teller>> = {
  unknown_variable: ({ args }) => undeclared(args),
  no_such_key: ({ args }) => `undefined field '${typeof args[1] === "string" ? args[1] : args[1].args}'`,
  cannot_index_type: noIndex,
  invalid_index_type: noIndex,
  no_such_overload: ({ op, args }) =>
    op in binaryFunctions ? noOverload(binaryFunctions[op]!, args) : noOverload(op, [args]),
  no_matching_overload: ({ op, args }, _, functions) =>
    !functions.has(args[0])
      ? undeclared(args[0])
      : op === "call"
      ? noOverload(args[0], args[1])
      : noOverload(args[0], args[2], args[1]),
  invalid_logical_operand: (node) => `expected type 'bool' but found '${nodeTypeText(wrongOperand(node))}'`,
  invalid_condition_type: (node) => `expected type 'bool' but found '${nodeTypeText(node)}'`,
  incompatible_ternary_branches: ({ args }) => noOverload("_?_:_", args),
  invalid_comprehension_range: (node) =>
    `expression of type '${nodeTypeText(node)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
  invalid_macro_argument: (_, { summary }) =>
    summary.startsWith("has(")
      ? "invalid argument to has() macro"
      : /^(map|filter)\(/.test(summary)
      ? "argument is not an identifier"
      : "argument must be a simple name",
};

function wrongOperand({ args: [left, right] }: Node): Node {
  return nodeTypeText(left) === "bool" || nodeTypeText(left) === "dyn" ? right : left;
}

/** Of types that do not fit. `functions`: the names of all there are. */
export function typeIssue(text: string, failure: Failure, functions: ReadonlySet<string>): Issue {
  const { code, node, summary, range } = failure;
  const tell = Object.hasOwn(tellers, code) ? tellers[code] : undefined;
  if (node === undefined || !("args" in node)) return { message: summary, position: range?.start ?? 0 };
  const place = code === "invalid_logical_operand" ? wrongOperand(node) : node;
  return { message: tell?.(node, failure, functions) ?? summary, position: positionOf(place, text) };
}
