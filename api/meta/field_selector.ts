import { SelectorError } from "./label_selector.ts";

/** One condition on one field. All of a selector's terms must hold. */
export interface FieldTerm {
  /** Such as `metadata.name`; which ones exist is the resource's matter. */
  readonly field: string;
  readonly value: string;
  readonly negated: boolean;
}

/** A parsed field selector. Immutable. */
export class FieldSelector {
  static readonly everything: FieldSelector = new FieldSelector([]);

  readonly terms: readonly FieldTerm[];

  constructor(terms: readonly FieldTerm[]) {
    this.terms = terms;
  }

  /** `valueOf` gives a field of the object as text, `""` when it is not set. */
  matches(valueOf: (field: string) => string): boolean {
    return this.terms.every(({ field, value, negated }) => (valueOf(field) === value) !== negated);
  }

  /** Whether it selects every object. */
  isEmpty(): boolean {
    return this.terms.length === 0;
  }

  /** The one value of `field` that every selected object has, if the selector says so: for looking up in an index. */
  exactValue(field: string): string | undefined {
    return this.terms.find((term) => term.field === field && !term.negated)?.value;
  }

  /** In the string syntax; parsing it gives an equal selector. */
  toString(): string {
    return this.terms.map(({ field, value, negated }) => `${field}${negated ? "!=" : "="}${escape(value)}`).join(",");
  }
}

function escape(value: string): string {
  return value.replace(/[\\,=]/g, "\\$&");
}

const maxLength = 64 * 1024;
const operator = /!=|==|=/;

/**
 * Parses the string syntax of `?fieldSelector=`: `metadata.name=x,status.phase!=Running`, where a backslash stands before a
 * `\`, `,` or `=` that is part of a value. An empty text selects everything. Throws a {@linkcode SelectorError} that says what it
 * did not understand.
 */
export function parseFieldSelector(text: string): FieldSelector {
  if (text.length > maxLength) {
    throw new SelectorError(`field selector of ${text.length} characters is longer than ${maxLength}`);
  }
  const terms: FieldTerm[] = [];
  for (const term of splitTerms(text)) {
    if (term === "") continue;
    const match = operator.exec(term);
    if (!match) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
    terms.push({
      field: term.slice(0, match.index),
      value: unescape(term.slice(match.index + match[0].length)),
      negated: match[0] === "!=",
    });
  }
  return terms.length === 0 ? FieldSelector.everything : new FieldSelector(terms);
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    if (text[i] === "\\") i++;
    else if (i === text.length || text[i] === ",") {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  // A backslash at the very end carried the loop past it.
  if (start < text.length) terms.push(text.slice(start));
  return terms;
}

function unescape(text: string): string {
  return text.replace(/\\(.?)|=/gs, (whole, escaped: string | undefined) => {
    if (escaped !== undefined && escaped !== "" && "\\,=".includes(escaped)) return escaped;
    throw new SelectorError(
      whole === "="
        ? `invalid field selector: unescaped character in value: ${whole.codePointAt(0)}`
        : `invalid field selector: invalid escape sequence: ${whole}`,
    );
  });
}
