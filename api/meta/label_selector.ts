import type { LabelSelector } from "../types/meta_v1.ts";
import { badRequest, StatusError } from "../status.ts";
import { aggregate, FieldError, type Path, root } from "./field.ts";
import { checkLabelValue, checkQualifiedName } from "./names.ts";

export type Labels = Readonly<Record<string, string>>;

export type SelectorOperator = "=" | "==" | "!=" | "in" | "notin" | "exists" | "!" | ">" | "<";

/** One condition on one label. All of a selector's requirements must hold. */
export interface Requirement {
  readonly key: string;
  readonly operator: SelectorOperator;
  /** One for `=`, `==`, `!=`, `>` and `<`, one or more for `in` and `notin`, none for `exists` and `!`. */
  readonly values: readonly string[];
}

/** A selector that cannot be understood: a 400 when it reaches a client, in upstream's words. */
export class SelectorError extends StatusError {
  constructor(message: string) {
    super(badRequest(message).status);
    this.name = "SelectorError";
  }
}

type Test = (requirement: Requirement, value: string | undefined) => boolean;

const isOneOf: Test = ({ values }, value) => value !== undefined && values.includes(value);
const isNoneOf: Test = ({ values }, value) => value === undefined || !values.includes(value);

const tests: Readonly<Record<SelectorOperator, Test>> = {
  "=": isOneOf,
  "==": isOneOf,
  in: isOneOf,
  "!=": isNoneOf,
  notin: isNoneOf,
  exists: (_, value) => value !== undefined,
  "!": (_, value) => value === undefined,
  ">": ({ values }, value) => compareIntegers(value, values[0]) > 0,
  "<": ({ values }, value) => compareIntegers(value, values[0]) < 0,
};

/** Integers as Go's ParseInt takes them, 64 bits wide. */
const integer = /^[+-]?[0-9]{1,19}$/;

/** Their order; not a number, which no comparison finds true, when one is no integer. */
function compareIntegers(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined || !integer.test(a) || !integer.test(b)) return NaN;
  const [left, right] = [BigInt(a.replace("+", "")), BigInt(b.replace("+", ""))];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A compiled label selector. Immutable. */
export class Selector {
  /** Selects every object. */
  static readonly everything: Selector = new Selector([]);
  /** Selects no object, as an absent `LabelSelector` does. */
  static readonly nothing: Selector = new Selector([], true);

  /** In order of their keys. */
  readonly requirements: readonly Requirement[];
  readonly #selectsNothing: boolean;

  private constructor(requirements: readonly Requirement[], selectsNothing = false) {
    this.requirements = requirements;
    this.#selectsNothing = selectsNothing;
  }

  /** Throws a {@linkcode SelectorError} for a key or value that no label can have. */
  static of(requirements: readonly Requirement[]): Selector {
    for (const requirement of requirements) requireValid(requirement);
    return requirements.length === 0
      ? Selector.everything
      : new Selector(requirements.toSorted((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  }

  matches(labels: Labels | undefined): boolean {
    if (this.#selectsNothing) return false;
    return this.requirements.every((requirement) => {
      // `constructor` is a fine label, and every object inherits one.
      const value = labels && Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
      return tests[requirement.operator](requirement, value);
    });
  }

  /** Whether it selects every object. */
  isEmpty(): boolean {
    return this.requirements.length === 0 && !this.#selectsNothing;
  }

  /** The one value of `key` that every selected object has, if the selector says so: for looking up in an index. */
  exactValue(key: string): string | undefined {
    return this.requirements.find((requirement) =>
      requirement.key === key && requirement.values.length === 1 && tests[requirement.operator] === isOneOf
    )?.values[0];
  }

  /** In the string syntax; parsing it gives an equal selector. */
  toString(): string {
    return this.requirements.map(print).join(",");
  }
}

function print({ key, operator, values }: Requirement): string {
  if (operator === "exists") return key;
  if (operator === "!") return `!${key}`;
  if (operator === "in" || operator === "notin") return `${key} ${operator} (${values.toSorted().join(",")})`;
  return `${key}${operator}${values[0]}`;
}

function requireValid(requirement: Requirement): void {
  const errors = requirementErrors(requirement);
  if (errors.length > 0) throw new SelectorError(aggregate(errors));
}

/** What is wrong with a requirement, under the names that upstream gives its parts. */
export function requirementErrors({ key, operator, values }: Requirement): FieldError[] {
  const at = root("values");
  return [
    ...keyErrors(root("key"), key),
    ...countErrors(at, operator, values),
    ...values.flatMap((value, index) => {
      const problems = checkLabelValue(value);
      return problems.length > 0 ? [FieldError.invalid(at.index(index).key(key), value, problems.join("; "))] : [];
    }),
  ];
}

export function keyErrors(path: Path, key: string): FieldError[] {
  const problems = checkQualifiedName(key);
  return problems.length > 0 ? [FieldError.invalid(path, key, problems.join("; "))] : [];
}

function countErrors(path: Path, operator: SelectorOperator, values: readonly string[]): FieldError[] {
  const wrong = (detail: string) => [FieldError.invalid(path, [...values], detail)];
  if (operator === "in" || operator === "notin") {
    return values.length === 0 ? wrong("for 'in', 'notin' operators, values set can't be empty") : [];
  }
  if (operator === "exists" || operator === "!") {
    return values.length > 0 ? wrong("values set must be empty for exists and does not exist") : [];
  }
  if (operator !== ">" && operator !== "<") {
    return values.length === 1 ? [] : wrong("exact-match compatibility requires one single value");
  }
  return [
    ...(values.length === 1 ? [] : wrong("for 'Gt', 'Lt' operators, exactly one value is required")),
    ...values.flatMap((value, index) =>
      integer.test(value)
        ? []
        : [FieldError.invalid(path.index(index), value, "for 'Gt', 'Lt' operators, the value must be an integer")]
    ),
  ];
}

const expressionOperators: Readonly<Record<string, SelectorOperator>> = {
  In: "in",
  NotIn: "notin",
  Exists: "exists",
  DoesNotExist: "!",
};

/** Compiled ones by their source: the specs of controllers are frozen, and asked for at every event. */
const compiled = new WeakMap<LabelSelector, Selector>();

/**
 * Compiles the selector of a spec. An absent one selects nothing, an empty one everything. Throws a {@linkcode SelectorError} for an
 * operator, key or value that does not exist.
 */
export function compileLabelSelector(source: LabelSelector | undefined | null): Selector {
  if (source === undefined || source === null) return Selector.nothing;
  const known = compiled.get(source);
  if (known) return known;
  const requirements = Object.entries(source.matchLabels ?? {}).map(([key, value]): Requirement => ({
    key,
    operator: "=",
    values: [value],
  }));
  for (const { key, operator, values = [] } of source.matchExpressions ?? []) {
    const meaning = Object.hasOwn(expressionOperators, operator) ? expressionOperators[operator] : undefined;
    if (meaning === undefined) {
      throw new SelectorError(`${JSON.stringify(operator)} is not a valid label selector operator`);
    }
    requirements.push({ key, operator: meaning, values });
  }
  const selector = Selector.of(requirements);
  if (Object.isFrozen(source)) compiled.set(source, selector);
  return selector;
}

/** The selector of a Service or a ReplicationController: each label must have this value; no labels select everything. */
export function selectorFromLabels(labels: Labels): Selector {
  return Selector.of(Object.entries(labels).map(([key, value]) => ({ key, operator: "=", values: [value] })));
}
