import type { Environment } from "@marcbachmann/cel-js";
import { Budget, meter, perCallLimit } from "./cost.ts";
import { CelError } from "./error.ts";
import { isTooDeep, lengthIssue, tooDeep } from "./extent.ts";
import { unescapeFieldNames } from "./field_names.ts";
import { type Failure, isFailure, type Issue, issueText, typeIssue } from "./issue.ts";
import { giveMeaning, type MessageType, type MessageTypes } from "./literal_macros.ts";
import { matches } from "./libraries/regex.ts";
import { literalsOf, type Source, sourceOf } from "./literals.ts";
import { isNode, type Node, nodesOf, nodeTypeText, resultNames, typeText } from "./node.ts";
import { widenPresence } from "./presence.ts";
import { strictIssue } from "./strictness.ts";
import { syntaxIssue } from "./syntax_issue.ts";
import { type Shape, worstCost } from "./worst_cost.ts";

/** An expression whose types have been checked. */
export interface CelExpression {
  readonly text: string;
  /** As the CEL library writes it: `bool`, `list<string>`; `dyn` where only the values will tell. */
  readonly type: string;
  /** The type as CEL's own messages have it: `list(string)`. */
  readonly typeText: string;
  /**
   * Pure. Integers are bigints, doubles numbers, maps plain objects, as they are in the variables. Throws a CelError when the values
   * do not fit the expression, a key that is not there, say, or when it costs more than an expression may.
   */
  evaluate(variables: Readonly<Record<string, unknown>>): unknown;
  /** Whether it reads a field of a variable anywhere: `claims.email`, `claims.?email`. */
  selects(variable: string, field: string): boolean;
  /** Of the last evaluation, in upstream's units. */
  readonly cost: number;
  /** The most that an evaluation can cost with variables that are not larger than these. */
  worstCost(variables: Readonly<Record<string, Shape>>): number;
}

/** Throws a CelError that says where and what is wrong, for an expression that is too long as well. */
export function compileIn(
  environment: Environment,
  text: string,
  messages: MessageTypes,
  bindings: boolean,
): CelExpression {
  const tooLong = lengthIssue(text);
  if (tooLong !== undefined) {
    throw new CelError(text.slice(0, 100), new RangeError(tooLong.message), issueText(text, tooLong));
  }
  const source = sourceOf(text);
  const types = new Map<string, MessageType | undefined>();
  // What one expression makes known is no business of the next.
  const own = source.types.size > 0 ? environment.clone() : environment;
  for (const name of source.types) types.set(name, messages(name, own));
  const refuse = (cause: unknown, issue: Issue): never => {
    const { message, position } = issue;
    const place = position === undefined ? {} : { position: source.original(position) };
    throw new CelError(text, cause, issueText(text, { message, ...place }));
  };
  const parsed = parse(own, source, refuse);
  if (source.misnamed !== undefined) refuse(new SyntaxError(source.misnamed.message), source.misnamed);
  const tree = parsed.ast as unknown as Node;
  if (isTooDeep(tree)) refuse(new RangeError(tooDeep.message), tooDeep);
  for (const literal of literalsOf(tree, source)) giveMeaning(literal, (name) => types.get(name));
  widenPresence(tree);
  unescapeFieldNames(tree);
  const checked = parsed.check();
  if (!checked.valid) {
    const cause = checked.error as unknown;
    refuse(cause, typeIssue(source.text, cause as Failure, namesOfFunctions(own)));
  }
  const issue = strictIssue(tree, source.text, bindings);
  if (issue !== undefined) refuse(new TypeError(issue.message), issue);
  matchInLinearTime(tree);
  const budget = new Budget();
  meter(tree, budget);
  return {
    text,
    type: checked.type ?? "dyn",
    typeText: `${tree.checkedType}` === "type" ? nodeTypeText(tree) : typeText(tree.checkedType!, resultNames),
    evaluate(variables) {
      budget.start(perCallLimit);
      try {
        const value: unknown = parsed(variables);
        budget.requireLeft();
        return value;
      } catch (cause) {
        throw new CelError(text, cause);
      }
    },
    selects: (variable, field) => selects(tree, variable, field),
    worstCost: (variables) => worstCost(tree, variables),
    get cost() {
      return budget.spent;
    },
  };
}

type Parsed = ReturnType<Environment["parse"]>;

function parse(environment: Environment, source: Source, refuse: (cause: unknown, issue: Issue) => never): Parsed {
  try {
    return environment.parse(source.text);
  } catch (cause) {
    if (isFailure(cause)) return refuse(cause, syntaxIssue(source.text, cause));
    // The library has no limit for `!` and `-` in a row but the stack's.
    if (cause instanceof RangeError) return refuse(cause, tooDeep);
    throw cause;
  }
}

/** The library's own `matches` uses JavaScript's regular expressions, which a text can keep busy for years. */
function matchInLinearTime(tree: Node): void {
  for (const node of nodesOf(tree)) {
    const { handle } = node;
    if (handle === undefined || node.args[0] !== "matches") continue;
    node.handle = (...given) => {
      const [text, pattern] = given[0] as unknown[];
      return typeof text === "string" && typeof pattern === "string"
        ? matches(text, pattern)
        : handle.apply(node, given);
    };
  }
}

const functionNames = new WeakMap<Environment, ReadonlySet<string>>();

function namesOfFunctions(environment: Environment): ReadonlySet<string> {
  let names = functionNames.get(environment);
  if (names === undefined) {
    names = new Set(environment.getDefinitions().functions.map(({ name }) => name));
    functionNames.set(environment, names);
  }
  return names;
}

function selects(node: unknown, variable: string, field: string): boolean {
  if (Array.isArray(node)) return node.some((one) => selects(one, variable, field));
  if (!isNode(node)) return false;
  if (node.op === "." || node.op === ".?") {
    const [operand, name] = node.args;
    if (operand.op === "id" && operand.args === variable && name === field) return true;
  }
  return selects(node.args, variable, field);
}
