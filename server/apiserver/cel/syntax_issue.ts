import { deepest } from "./extent.ts";
import type { Failure, Issue } from "./issue.ts";

/** What can begin an expression. */
const beginnings = "'.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";
/** One token; strings are not told apart, for none of them is ever in the wrong place alone. */
const token = /[A-Za-z_][A-Za-z0-9_]*|[0-9]+(?:\.[0-9]+)?|==|!=|<=|>=|&&|\|\||"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\S/y;
const literalProblems: Readonly<Record<string, string>> = {
  invalid_integer: "invalid int literal",
  invalid_hex_integer: "invalid int literal",
  invalid_number: "invalid double literal",
};

/** Of a text that is no expression: what ANTLR, by which upstream reads, says of the first wrong place. */
export function syntaxIssue(text: string, { code, summary, range }: Failure): Issue {
  const position = Math.min(range?.start ?? 0, text.length);
  const literal = Object.hasOwn(literalProblems, code) ? literalProblems[code] : undefined;
  if (literal !== undefined) return { message: literal, position };
  if (code === "reserved_identifier") {
    return { message: `reserved identifier: ${text.slice(position, range?.end)}`, position };
  }
  if (code === "invalid_macro_argument") {
    const isMap = /^(map|filter)\(/.test(summary);
    return { message: isMap ? "argument is not an identifier" : "argument must be a simple name", position };
  }
  if (summary.startsWith("Exceeded maxDepth")) return { message: `expression recursion limit exceeded: ${deepest}` };
  if (code === "limit_exceeded") return { message: summary, position };
  return wrongToken(text, position, range?.end ?? position, code, summary);
}

function wrongToken(text: string, position: number, end: number, code: string, summary: string): Issue {
  const syntax = (message: string, at = position) => ({ message: `Syntax error: ${message}`, position: at });
  const found = tokenAt(text, position);
  if (/^unterminated|^newline_in|escape/.test(code)) {
    const from = code.includes("escape") ? stringStart(text, position) : position;
    const until = code.includes("escape") ? end : text.length;
    return syntax(`token recognition error at: '${text.slice(from, until).split("\n")[0]}'`, from);
  }
  const [, expected] = /^Expected (\w+), got/.exec(summary) ?? [];
  if (expected === "IDENTIFIER") {
    const dot = text.lastIndexOf(".", position - 1);
    const input = found === "<EOF>" ? "." : `.${text.slice(dot + 1, position)}${found}`;
    return syntax(`no viable alternative at input '${input}'`);
  }
  if (expected === "COLON") {
    // What could stand behind the colon is taken for that.
    const isValue = /^[A-Za-z0-9_"'[{(!-]/.test(found);
    return syntax(isValue ? `missing ':' at '${found}'` : `mismatched input '${found}' expecting ':'`);
  }
  if (expected === "RPAREN") {
    return found === "<EOF>" ? syntax("missing ')' at '<EOF>'") : syntax(`mismatched input '${found}' expecting ')'`);
  }
  if (expected !== undefined) {
    const closing = expected === "RBRACE" ? "}" : "]";
    return syntax(`mismatched input '${found}' expecting {'${closing}', ','}`);
  }
  if (code === "unexpected_token") {
    const open = /[A-Za-z0-9_]\s*\($/.test(text.slice(0, position).trimEnd()) ? "'(', ')'" : "'('";
    return syntax(`mismatched input '${found}' expecting {'[', '{', ${open}, ${beginnings}`);
  }
  if (/^[&|=#@$~^`;?\\\u0080-\uffff]/.test(found) && found.length === 1 && code === "unexpected_character") {
    // One of two equal signs is read together with what it is not followed by.
    const read = /[&|=]/.test(found) ? text.slice(position, position + 2) : found;
    return syntax(`token recognition error at: '${read}'`);
  }
  const isLast = tokenAt(text, position + found.length) === "<EOF>";
  return syntax(`${isLast ? "extraneous" : "mismatched"} input '${found}' expecting <EOF>`);
}

function tokenAt(text: string, position: number): string {
  let at = position;
  while (/\s/.test(text.charAt(at))) at++;
  token.lastIndex = at;
  return token.exec(text)?.[0] ?? "<EOF>";
}

/** Of the string that the position is in. */
function stringStart(text: string, position: number): number {
  const quote = Math.max(text.lastIndexOf("'", position), text.lastIndexOf('"', position));
  return Math.max(quote, 0);
}
