import { FieldError, type Path } from "../../../api/meta/field.ts";
import type { DeviceSelector } from "../../../api/types/resource_v1.ts";
import type { DeviceExpressionProblem } from "../cel/device_expressions.ts";
import { checkItems } from "./device_checks.ts";

const maxSelectors = 32;
const maxExpression = 10 * 1024;

let problemOf: ((expression: string) => DeviceExpressionProblem | undefined) | undefined;

/** CEL takes memory that a cluster without devices need not spend. */
export async function loadSelectors(): Promise<void> {
  problemOf ??= (await import("../cel/device_expressions.ts")).problemWithDeviceExpression;
}

/** Expressions about a device; `loadSelectors` has run before. */
export function checkSelectors(
  selectors: readonly DeviceSelector[] | undefined,
  path: Path,
  errors: FieldError[],
): void {
  checkItems(selectors, maxSelectors, path, errors, ({ cel }, at) => {
    if (!cel) {
      errors.push(FieldError.required(at.child("cel")));
      return;
    }
    const { expression = "" } = cel;
    const where = at.child("cel", "expression");
    if (expression.length > maxExpression) {
      errors.push(FieldError.tooLong(where, maxExpression));
      return;
    }
    if (problemOf === undefined) throw new Error("CEL is not loaded: the strategy of the kind must load it");
    const problem = problemOf(expression);
    if (problem === undefined) return;
    errors.push(
      "invalid" in problem
        ? FieldError.invalid(where, expression, problem.invalid)
        : FieldError.forbidden(where, problem.forbidden),
    );
  });
}
