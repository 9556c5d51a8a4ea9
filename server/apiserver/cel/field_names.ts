import { isNode } from "./node.ts";

const escapes: ReadonlyMap<string, string> = new Map([
  ["__underscores__", "__"],
  ["__dot__", "."],
  ["__dash__", "-"],
  ["__slash__", "/"],
  ...[
    ..."true false null in as break const continue else for function if import let loop package namespace return".split(
      " ",
    ),
    ..."var void while".split(" "),
  ].map((word): [string, string] => [`__${word}__`, word]),
]);

/** As upstream writes field names that are none in CEL: `kubernetes__dot__io` is `kubernetes.io`. */
export function unescapedName(name: string): string {
  return name.includes("__") ? name.replace(/__[^_]+__/g, (escape) => escapes.get(escape) ?? escape) : name;
}

/** Puts the real names into every selection of a field, however deep; before types are checked. */
export function unescapeFieldNames(node: unknown): void {
  if (Array.isArray(node)) return node.forEach(unescapeFieldNames);
  if (!isNode(node)) return;
  if (node.op === "." || node.op === ".?") node.args[1] = unescapedName(node.args[1]);
  unescapeFieldNames(node.args);
}
