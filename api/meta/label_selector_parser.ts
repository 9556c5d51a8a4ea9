import { type Requirement, Selector, SelectorError, type SelectorOperator } from "./label_selector.ts";

/** Longer ones are refused: nobody writes them, and each would be held by every watch that uses it. */
const maxLength = 64 * 1024;

interface Token {
  readonly text: string;
  readonly position: number;
  readonly kind: "word" | "symbol" | "end";
}

/** Symbols first, the longer ones before the shorter; a word is anything else but white space. */
const pattern = /\s*(?:(==|!=|[=!(),<>])|([^\s=!(),<>]+))/y;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  for (let end = 0;; end = pattern.lastIndex) {
    const match = pattern.exec(text);
    if (!match) {
      // Only white space is left.
      tokens.push({ text: "", position: end, kind: "end" });
      return tokens;
    }
    const word = match[1] ?? match[2]!;
    tokens.push({ text: word, position: pattern.lastIndex - word.length, kind: match[1] ? "symbol" : "word" });
  }
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  requirements(): Requirement[] {
    const found: Requirement[] = [];
    if (this.#peek().kind === "end") return found;
    for (;;) {
      found.push(this.#requirement());
      const token = this.#take();
      if (token.kind === "end") return found;
      if (token.text !== ",") throw unexpected(token, "',' or the end");
    }
  }

  #requirement(): Requirement {
    const absent = this.#skip("!");
    const key = this.#word("a label key");
    if (absent) return { key, operator: "!", values: [] };
    if (this.#atTermEnd()) return { key, operator: "exists", values: [] };
    const operator = this.#take();
    if (operator.text === "in" || operator.text === "notin") {
      return { key, operator: operator.text, values: this.#list() };
    }
    if (!binary.has(operator.text)) throw unexpected(operator, "one of =, ==, !=, in, notin, >, <");
    const value = this.#atTermEnd() ? "" : this.#word("a value");
    return { key, operator: operator.text as SelectorOperator, values: [value] };
  }

  /** `(a,b)`. An empty place between commas or parentheses is the empty value; each value counts once. */
  #list(): string[] {
    const open = this.#take();
    if (open.text !== "(") throw unexpected(open, "'('");
    const values = new Set<string>();
    for (;;) {
      const next = this.#peek();
      values.add(next.text === "," || next.text === ")" ? "" : this.#word("a value"));
      const token = this.#take();
      if (token.text === ")") return [...values].sort();
      if (token.text !== ",") throw unexpected(token, "',' or ')'");
    }
  }

  #peek(): Token {
    return this.#tokens[this.#next]!;
  }

  #take(): Token {
    const token = this.#peek();
    if (token.kind !== "end") this.#next++;
    return token;
  }

  #skip(symbol: string): boolean {
    if (this.#peek().text !== symbol) return false;
    this.#next++;
    return true;
  }

  #atTermEnd(): boolean {
    const token = this.#peek();
    return token.kind === "end" || token.text === ",";
  }

  #word(expected: string): string {
    const token = this.#take();
    if (token.kind !== "word") throw unexpected(token, expected);
    return token.text;
  }
}

const binary: ReadonlySet<string> = new Set<SelectorOperator>(["=", "==", "!=", ">", "<"]);

function unexpected(token: Token, expected: string): SelectorError {
  const found = token.kind === "end" ? "the end" : `'${token.text}'`;
  return new SelectorError(`unable to parse label selector: found ${found}, expected ${expected}`, token.position);
}

/**
 * Parses the string syntax of `?labelSelector=`: `a=b,c!=d,e in (x,y),f notin (z),g,!h,i>5`. An empty text selects everything.
 * Throws a {@linkcode SelectorError} that says at which character it stopped understanding.
 */
export function parseLabelSelector(text: string): Selector {
  if (text.length > maxLength) {
    throw new SelectorError(`label selector of ${text.length} characters is longer than ${maxLength}`);
  }
  return Selector.of(new Parser(text).requirements());
}
