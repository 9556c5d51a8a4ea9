import { aggregate, root } from "./field.ts";
import {
  keyErrors,
  type Requirement,
  requirementErrors,
  Selector,
  SelectorError,
  type SelectorOperator,
} from "./label_selector.ts";

/** Longer ones are refused: nobody writes them, and each would be held by every watch that uses it. */
const maxLength = 64 * 1024;

interface Token {
  readonly text: string;
  readonly kind: "word" | "symbol" | "end";
}

/** Symbols first, the longer ones before the shorter; a word is anything else but white space. */
const pattern = /\s*(?:(==|!=|[=!(),<>])|([^\s=!(),<>]+))/y;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  for (;;) {
    const match = pattern.exec(text);
    if (!match) {
      // Only white space is left.
      tokens.push({ text: "", kind: "end" });
      return tokens;
    }
    tokens.push({ text: match[1] ?? match[2]!, kind: match[1] ? "symbol" : "word" });
  }
}

/** Reads as upstream's parser does, and complains as it does. */
class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  requirements(): Requirement[] {
    const found: Requirement[] = [];
    if (this.#peek().kind === "end") return found;
    if (!begins(this.#peek())) throw wrong(this.#peek(), ", expected: !, identifier, or 'end of string'");
    for (;;) {
      found.push(this.#wholeRequirement());
      const token = this.#take();
      if (token.kind === "end") return found;
      if (token.text !== ",") throw wrong(token, ", expected: ',' or 'end of string'");
      if (!begins(this.#peek())) throw wrong(this.#peek(), ", expected: identifier after ','");
    }
  }

  #wholeRequirement(): Requirement {
    try {
      const requirement = this.#requirement();
      const errors = requirementErrors(requirement);
      if (errors.length > 0) throw new SelectorError(aggregate(errors));
      return requirement;
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      throw new SelectorError(`unable to parse requirement: ${error.message}`);
    }
  }

  #requirement(): Requirement {
    const absent = this.#peek().text === "!";
    if (absent) this.#take();
    const key = this.#word();
    const [problem] = keyErrors(root("<nil>"), key);
    if (problem !== undefined) throw new SelectorError(String(problem));
    if (absent) return { key, operator: "!", values: [] };
    if (this.#atTermEnd()) return { key, operator: "exists", values: [] };
    const operator = this.#take();
    if (operator.text === "in" || operator.text === "notin") {
      return { key, operator: operator.text, values: this.#list() };
    }
    if (!binary.has(operator.text)) throw wrong(operator, ", expected: in, notin, =, ==, !=, gt, lt");
    const value = this.#atTermEnd() ? "" : this.#word();
    return { key, operator: operator.text as SelectorOperator, values: [value] };
  }

  /** `(a,b)`. An empty place between commas or parentheses is the empty value; each value counts once. */
  #list(): string[] {
    const open = this.#take();
    if (open.text !== "(") throw wrong(open, " expected: '('");
    const first = this.#peek();
    if (first.kind !== "word" && first.text !== "," && first.text !== ")") {
      throw wrong(first, ", expected: ',', ')' or identifier");
    }
    const values = new Set<string>();
    for (;;) {
      const next = this.#peek();
      const empty = next.text === "," || next.text === ")";
      if (!empty && next.kind !== "word") throw wrong(next, ", expected: ',', or identifier");
      values.add(empty ? "" : this.#take().text);
      const token = this.#take();
      if (token.text === ")") return [...values].sort();
      if (token.text !== ",") throw wrong(token, ", expected: ',' or ')'");
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

  #atTermEnd(): boolean {
    const token = this.#peek();
    return token.kind === "end" || token.text === ",";
  }

  #word(): string {
    const token = this.#take();
    if (token.kind !== "word") throw wrong(token, ", expected: identifier");
    return token.text;
  }
}

const binary: ReadonlySet<string> = new Set<SelectorOperator>(["=", "==", "!=", ">", "<"]);

function begins(token: Token): boolean {
  return token.kind === "word" || token.text === "!";
}

function wrong(token: Token, expected: string): SelectorError {
  return new SelectorError(`found '${token.text}'${expected}`);
}

/**
 * Parses the string syntax of `?labelSelector=`: `a=b,c!=d,e in (x,y),f notin (z),g,!h,i>5`. An empty text selects everything.
 * Throws a {@linkcode SelectorError} that says what it did not understand.
 */
export function parseLabelSelector(text: string): Selector {
  if (text.length > maxLength) {
    throw new SelectorError(`label selector of ${text.length} characters is longer than ${maxLength}`);
  }
  return Selector.of(new Parser(text).requirements());
}
