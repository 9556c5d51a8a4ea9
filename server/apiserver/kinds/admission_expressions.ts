import { FieldError, type Path } from "../../../api/meta/field.ts";
import type { ExpressionUse, PolicyExpressions, PolicyOptions } from "../cel/policy_expressions.ts";

let make: ((options: PolicyOptions) => PolicyExpressions) | undefined;

/** CEL takes memory that a cluster without policies and webhook conditions need not spend. */
export async function loadExpressions(): Promise<void> {
  make ??= (await import("../cel/policy_expressions.ts")).policyExpressions;
}

/** The expressions of one object; `loadExpressions` has run before. */
export function expressionsOf(options: PolicyOptions): PolicyExpressions {
  if (make === undefined) throw new Error("CEL is not loaded: the strategy of the kind must load it");
  return make(options);
}

/** `shown`: the expression as the object has it, when what is compiled is a part of that. */
export function validateExpression(
  expressions: PolicyExpressions,
  text: string,
  use: ExpressionUse,
  path: Path,
  errors: FieldError[],
  shown = text,
): void {
  const problem = expressions.problemWith(text, use);
  if (problem !== undefined) errors.push(FieldError.invalid(path, shown, problem));
}
