import { type Environment, Optional } from "@marcbachmann/cel-js";
import { entriesOf } from "./equality.ts";
import { BoundExpression, type Macro, type MacroCall } from "./macro.ts";

/** What CEL's optional values have beside the library's own. */
export function registerOptionals(environment: Environment): void {
  environment
    .registerFunction(
      "OptionalNamespace.ofNonZeroValue(dyn): optional<dyn>",
      (_: unknown, value: unknown) => isZero(value) ? Optional.none() : Optional.of(value),
    )
    .registerFunction(
      "optional.optMap(ast, ast): optional<dyn>",
      (call: MacroCall) => mapped(call, (value) => Optional.of(value)),
    )
    .registerFunction(
      "optional.optFlatMap(ast, ast): optional<dyn>",
      (call: MacroCall) => mapped(call, mustBeOptional),
    );
}

function mapped({ receiver, args }: MacroCall, wrap: (value: unknown) => unknown): Macro {
  const transform = new BoundExpression(args.slice(0, 1), args[1]!);
  return {
    async: false,
    typeCheck(checker, _, scope) {
      const { kind, valueType } = checker.check(receiver, scope);
      if (kind !== "optional" && kind !== "dyn") {
        throw checker.createError("optional_expected", "optMap and optFlatMap are for optional values", receiver);
      }
      const type = transform.check(checker, [valueType ?? checker.getType("dyn")], scope);
      return type.kind === "optional" ? type : checker.getType(`optional<${type}>`);
    },
    evaluate(evaluator, _, scope) {
      const optional = mustBeOptional(evaluator.run(receiver, scope));
      return optional.hasValue() ? wrap(transform.run(evaluator, [optional.value()], scope)) : Optional.none();
    },
  };
}

function mustBeOptional(value: unknown): Optional {
  if (value instanceof Optional) return value;
  throw new TypeError("no such overload: the value is not optional");
}

/** What a field has that nobody set. */
function isZero(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return !value;
  if (typeof value.valueOf() !== "object") return Number(value.valueOf()) === 0;
  const { constructor } = value;
  return (Array.isArray(value) || value instanceof Map || constructor === Object) && entriesOf(value).length === 0;
}
