/**
 * Two kinds of literals that the CEL library does not read: messages (`JSONPatch{op: "add"}`) and optional entries (`[?a]`, `{?k: a}`,
 * `T{?f: a}`). They are written otherwise for its parser, `T[{…}]` and `[!a]`, and given their meaning in the tree that it makes.
 */
import type { Issue } from "./issue.ts";
import { isNode, type Node, nodesOf } from "./node.ts";

export interface Source {
  /** For the parser. */
  readonly text: string;
  /** Names of the messages' types, each once. */
  readonly types: ReadonlySet<string>;
  /** Where in `text` messages' braces are, and the marks of optional entries. */
  readonly messages: ReadonlyMap<number, string>;
  readonly optionals: ReadonlySet<number>;
  /** The first field of a message that is no name. */
  readonly misnamed: Issue | undefined;
  /** The place in the text that was written, of one in `text`. */
  original(position: number): number;
}

const string = /(?:[rR][bB]?|[bB][rR]?)?(?:"""[^]*?"""|'''[^]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/y;
const name = /[A-Za-z_][A-Za-z0-9_]*(?:\s*\.\s*[A-Za-z_][A-Za-z0-9_]*)*/y;
const blank = /\s+|\/\/[^\n]*/y;
const keywords = new Set(["in", "true", "false", "null"]);

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** Where a bracket was opened, and by whom. */
interface Bracket {
  readonly sign: string;
  /** Its entries can be optional. */
  readonly isLiteral: boolean;
  readonly isMessage: boolean;
}

export function sourceOf(written: string): Source {
  const types = new Set<string>();
  const messages = new Map<number, string>();
  const optionals = new Set<number>();
  /** Of every character of the parser's text. */
  const places: number[] = [];
  const open: Bracket[] = [];
  let text = "";
  let misnamed: Issue | undefined;
  /** What stands before, blanks aside: a name, the end of another operand, or a sign. */
  let before = { kind: "", text: "" };
  const put = (part: string, from: number, isInserted = false) => {
    for (let i = 0; i < part.length; i++) places.push(isInserted ? from : from + i);
    text += part;
  };
  for (let at = 0; at < written.length;) {
    const skipped = matchAt(blank, written, at);
    if (skipped !== undefined) {
      put(skipped, at);
      at += skipped.length;
      continue;
    }
    const found = matchAt(string, written, at) ?? matchAt(name, written, at) ?? written[at]!;
    const kind = /^[A-Za-z_]/.test(found) && !/["']$/.test(found) && !keywords.has(found)
      ? "name"
      : found.length > 1 || /[\])}0-9]/.test(found)
      ? "operand"
      : "sign";
    const isOpening = "[{(".includes(found);
    const holder = open.at(-1);
    if (holder?.isMessage && /^[{,?]$/.test(before.text) && kind !== "name" && !"},?".includes(found)) {
      const message = `Syntax error: mismatched input '${found}' expecting {'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}`;
      misnamed ??= { message, position: text.length };
    }
    const isEntry = holder?.isLiteral === true && (before.text === "," || before.text === holder.sign);
    if (found === "?" && isEntry && before.kind === "sign") {
      optionals.add(text.length);
      put("!", at);
    } else if (isOpening) {
      const isMessage = found === "{" && before.kind === "name";
      const isLiteral = found === "{" || (found === "[" && before.kind === "sign") || before.kind === "";
      if (isMessage) {
        put("[", at, true);
        const type = before.text.replace(/\s/g, "");
        types.add(type);
        messages.set(text.length, type);
      }
      open.push({ sign: found, isLiteral: isLiteral && found !== "(", isMessage });
      put(found, at);
    } else {
      put(found, at);
      if ("]})".includes(found) && open.pop()?.isMessage) put("]", at, true);
    }
    before = { kind, text: found };
    at += found.length;
  }
  return { text, types, messages, optionals, misnamed, original: (position) => places[position] ?? written.length };
}

/** An entry of a literal that the library did not read. */
export interface Entry {
  /** Of a list: undefined. Of a message: the field's name. */
  readonly key: Node | string | undefined;
  readonly value: Node;
  readonly isOptional: boolean;
}

export interface Literal {
  readonly node: Node;
  /** A message's. */
  readonly type?: string;
  readonly entries: readonly Entry[];
}

/** The literals of a tree, inner ones first; the marks of optional entries are taken out of it. */
export function* literalsOf(tree: Node, { messages, optionals }: Source): Generator<Literal> {
  if (messages.size + optionals.size === 0) return;
  for (const node of [...nodesOf(tree)]) {
    if (node.op === "[]" && isNode(node.args[1]) && messages.has(node.args[1].start)) {
      const fields: Entry[] = node.args[1].args.map((_: unknown, index: number) => {
        const isOptional = unmark(node.args[1].args[index], 0, optionals);
        const [key, value] = node.args[1].args[index];
        return { key: key.args, value, isOptional };
      });
      yield { node, type: messages.get(node.args[1].start)!, entries: fields };
    } else if (node.op === "list") {
      const entries = node.args.map((_: Node, index: number): Entry => {
        const isOptional = unmark(node.args, index, optionals);
        return { key: undefined, value: node.args[index], isOptional };
      });
      if (entries.some(({ isOptional }: Entry) => isOptional)) yield { node, entries };
    } else if (node.op === "map" && !messages.has(node.start)) {
      const entries = node.args.map((pair: [Node, Node]): Entry => {
        const isOptional = unmark(pair, 0, optionals);
        return { key: pair[0], value: pair[1], isOptional };
      });
      if (entries.some(({ isOptional }: Entry) => isOptional)) yield { node, entries };
    }
  }
}

/** Takes the mark out of the expression at `holder[index]`, whose leftmost operand it is before. */
function unmark(holder: unknown[], index: number, optionals: ReadonlySet<number>): boolean {
  const node = holder[index];
  if (!isNode(node)) return false;
  if (node.op === "!_" && optionals.has(node.start)) {
    holder[index] = node.args;
    return true;
  }
  return Array.isArray(node.args) && node.op !== "list" && node.op !== "map" && node.op !== "call" &&
    unmark(node.args, 0, optionals);
}
