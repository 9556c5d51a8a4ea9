/** What upstream refuses in an expression and the CEL library lets pass. */
import type { Issue } from "./issue.ts";
import { undeclared } from "./issue.ts";
import type { TypeOf } from "./libraries/macro.ts";
import { compilePattern } from "./libraries/regex.ts";
import { firstUnlike } from "./literal_macros.ts";
import { type Node, nodesOf, nodeTypeText, positionOf } from "./node.ts";

const highest = 2n ** 63n - 1n;

/** Of the holder's type: an index of the key's type may be found in it. */
function isIndexed(holder: TypeOf | undefined, key: TypeOf | undefined): boolean {
  if (holder?.kind === "primitive" || holder?.kind === "message") return false;
  if (holder?.kind !== "map" || !holder.keyType || !key) return true;
  return [holder.keyType, key].some(({ kind }) => kind === "dyn" || kind === "param") ||
    `${holder.keyType}` === `${key}`;
}

function isTime(type: TypeOf | undefined): boolean {
  return /^google\.protobuf\.(Timestamp|Duration)$/.test(`${type}`);
}

type Check = (node: Node, text: string) => Issue | undefined;

const checks: Readonly<Record<string, Check>> = {
  list: ({ args }, text) => unlike(args, text),
  map: ({ args }, text) =>
    unlike(args.map((pair: Node[]) => pair[0]), text) ?? unlike(args.map((pair: Node[]) => pair[1]), text),
  value: ({ args, start }, text) =>
    // The lowest number is written as the negative of one that is too high by one.
    typeof args === "bigint" && args > (text[start - 1] === "-" ? highest + 1n : highest)
      ? { message: "invalid int literal", position: start }
      : undefined,
  "[]"(node, text) {
    const [holder, key] = node.args as [Node, Node];
    if (isIndexed(holder.checkedType, key.checkedType)) return undefined;
    const types = [holder, key].map(nodeTypeText).join(", ");
    return {
      message: `found no matching overload for '_[_]' applied to '(${types})'`,
      position: positionOf(node, text),
    };
  },
  "."(node, text) {
    const [holder] = node.args as [Node];
    if (holder.checkedType?.kind !== "primitive" && !isTime(holder.checkedType)) return undefined;
    const message = `type '${nodeTypeText(holder)}' does not support field selection`;
    return { message, position: positionOf(node, text) };
  },
  rcall({ args: [name, , args] }) {
    return name === "matches" ? literalIssue("matches", args[0], isPattern) : undefined;
  },
  call({ args: [name, args] }) {
    const isRight = Object.hasOwn(literalChecks, name) ? literalChecks[name] : undefined;
    return isRight && literalIssue(name, args.at(-1), isRight);
  },
};

const literalChecks: Readonly<Record<string, (text: string) => boolean>> = {
  matches: isPattern,
  timestamp: (text) => /^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]/.test(text) && !Number.isNaN(Date.parse(text)),
  duration: (text) => /^[-+]?(?:0|(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(text),
};

/** Of a constant argument; of another only its value tells. */
function literalIssue(name: string, argument: Node | undefined, isRight: (text: string) => boolean): Issue | undefined {
  if (argument?.op !== "value" || typeof argument.args !== "string" || isRight(argument.args)) return undefined;
  return { message: `invalid ${name} argument`, position: argument.start };
}

function isPattern(text: string): boolean {
  try {
    compilePattern(text);
    return true;
  } catch {
    return false;
  }
}

function unlike(items: readonly Node[], text: string): Issue | undefined {
  const odd = firstUnlike(items.flatMap((item) => item.checkedType ? [[item.checkedType, item] as const] : []));
  return odd && { message: odd.message, position: positionOf(odd.node, text) };
}

/** The library's own macro `cel.bind`, with which few of upstream's environments are made. */
function bindingIssue({ op, args }: Node, text: string): Issue | undefined {
  if (op !== "rcall" || args[0] !== "bind" || args[1].op !== "id" || args[1].args !== "cel") return undefined;
  return { message: undeclared("cel"), position: positionOf(args[1], text) };
}

/** Of a tree whose types have been checked. */
export function strictIssue(tree: Node, text: string, bindings: boolean): Issue | undefined {
  const formatted = new Set<Node>();
  for (const node of nodesOf(tree)) {
    if (node.op === "rcall" && node.args[0] === "format") {
      for (const list of nodesOf(node.args[2])) formatted.add(list);
    }
  }
  for (const node of nodesOf(tree)) {
    // What is put into a text may be anything.
    if (node.op === "list" && formatted.has(node)) continue;
    // Literals with a meaning of their own check themselves, and the parts of which they are made are not checked.
    if ((node.meta.macro && node.op !== "rcall") || (node.checkedType === undefined && !node.meta.alternate)) continue;
    const issue = (bindings ? undefined : bindingIssue(node, text)) ??
      (Object.hasOwn(checks, node.op) ? checks[node.op]!(node, text) : undefined);
    if (issue !== undefined) return issue;
  }
  return undefined;
}
