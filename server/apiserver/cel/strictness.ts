/** What upstream refuses in an expression and the CEL library lets pass. */
import type { Issue } from "./issue.ts";
import { undeclared } from "./issue.ts";
import type { TypeOf } from "./libraries/macro.ts";
import { firstUnlike } from "./literal_macros.ts";
import { type Node, nodesOf, positionOf, typeText } from "./node.ts";

const highest = 2n ** 63n - 1n;

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
    const [map, key] = node.args.map((arg: Node) => arg.checkedType) as (TypeOf | undefined)[];
    if (!map || !key) return undefined;
    // The library reads a message's fields this way, too.
    if (map.kind !== "message") {
      if (map.kind !== "map" || !map.keyType) return undefined;
      const isAny = [map.keyType, key].some(({ kind }) => kind === "dyn" || kind === "param");
      if (isAny || `${map.keyType}` === `${key}`) return undefined;
    }
    const message = `found no matching overload for '_[_]' applied to '(${typeText(map)}, ${typeText(key)})'`;
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
    new RegExp(text, "u");
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
