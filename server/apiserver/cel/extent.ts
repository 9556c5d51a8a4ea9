/** How long and how deep an expression may be: upstream's limits, within which nothing here runs out of stack. */
import type { Issue } from "./issue.ts";
import { isNode, type Node } from "./node.ts";

const mostCharacters = 100_000;
/** Of operators and calls within each other. */
export const deepest = 250;
/** The same with operators whose chains upstream makes shallow, and which are as deep here as they are long. */
const deepestChain = 1_000;

const chained = new Set(["&&", "||", "!_", "-_"]);

export function lengthIssue(text: string): Issue | undefined {
  if (text.length <= mostCharacters) return undefined;
  const size = [...text].length;
  if (size <= mostCharacters) return undefined;
  return { message: `expression code point size exceeds limit: size: ${size}, limit ${mostCharacters}` };
}

export const tooDeep: Issue = { message: "max recursion depth exceeded" };

/** Walks the tree without calling itself. */
export function isTooDeep(tree: Node): boolean {
  const rest: [value: unknown, depth: number, chain: number][] = [[tree, 1, 1]];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const [value, depth, chain] = next;
    if (Array.isArray(value)) { for (const item of value) rest.push([item, depth, chain]); }
    else if (isNode(value)) {
      if (depth > deepest || chain > deepestChain) return true;
      rest.push([value.args, chained.has(value.op) ? depth : depth + 1, chain + 1]);
    }
  }
  return false;
}
