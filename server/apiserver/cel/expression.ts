import type { Environment } from "@marcbachmann/cel-js";
import { CelError } from "./error.ts";
import { isNode, unescapeFieldNames } from "./field_names.ts";

/** An expression whose types have been checked. */
export interface CelExpression {
  readonly text: string;
  /** As CEL writes it: `bool`, `list<string>`; `dyn` where only the values will tell. */
  readonly type: string;
  /**
   * Pure. Integers are bigints, doubles numbers, maps plain objects, as they are in the variables. Throws a CelError when the values
   * do not fit the expression: a key that is not there, say.
   */
  evaluate(variables: Readonly<Record<string, unknown>>): unknown;
  /** Whether it reads a field of a variable anywhere: `claims.email`, `claims.?email`. */
  selects(variable: string, field: string): boolean;
}

/** Throws a CelError that says where and what is wrong, for an expression that is too long as well. */
export function compileIn(environment: Environment, text: string): CelExpression {
  let parsed: ReturnType<Environment["parse"]>;
  try {
    parsed = environment.parse(text);
  } catch (cause) {
    throw new CelError(text, cause);
  }
  unescapeFieldNames(parsed.ast);
  const checked = parsed.check();
  if (!checked.valid) throw new CelError(text, checked.error);
  return {
    text,
    type: checked.type ?? "dyn",
    evaluate(variables) {
      try {
        return parsed(variables);
      } catch (cause) {
        throw new CelError(text, cause);
      }
    },
    selects: (variable, field) => selects(parsed.ast, variable, field),
  };
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
