import type { ASTNode } from "@marcbachmann/cel-js";

/** A node of its syntax tree. */
type AnyNode = { readonly op: string; readonly args: unknown };

/** What the CEL library gives to macros while it checks types: as much of it as ours use. */
export interface Checker {
  check(node: AnyNode, scope: Scope): TypeOf;
  getType(name: string): TypeOf;
  createError(code: string, message: string, node: AnyNode): Error;
}

/** What it gives to them while it evaluates. */
export interface Evaluator {
  run(node: AnyNode, scope: Scope): unknown;
}

/** The variables that an expression may read. */
export interface Scope {
  forkWithVariable(name: string, type: TypeOf): Scope;
  /** The same over the values of an evaluation. */
  reuse(values: Scope): Scope;
  setIterValue(value: unknown, evaluator: Evaluator): Scope;
}

export interface TypeOf {
  readonly kind: string;
  readonly keyType?: TypeOf;
  readonly valueType?: TypeOf;
  toString(): string;
}

/** What a macro is called with: expressions, not yet their values. */
export interface MacroCall {
  readonly receiver: ASTNode;
  readonly args: readonly ASTNode[];
}

/** What a macro makes of its call. */
export interface Macro {
  readonly async: false;
  typeCheck(checker: Checker, macro: Macro, scope: Scope): TypeOf;
  evaluate(evaluator: Evaluator, macro: Macro, scope: Scope): unknown;
}

/** An expression with variables of its own. */
export class BoundExpression {
  readonly #names: readonly string[];
  readonly #node: ASTNode;
  readonly #scopes: Scope[] = [];

  /** Throws a TypeError when a variable is none. */
  constructor(variables: readonly ASTNode[], node: ASTNode) {
    this.#names = variables.map((variable) => {
      if (variable.op !== "id") throw new TypeError("the first arguments of a macro must be names of variables");
      return variable.args;
    });
    this.#node = node;
  }

  check(checker: Checker, types: readonly TypeOf[], scope: Scope): TypeOf {
    this.#scopes.length = 0;
    for (const [i, name] of this.#names.entries()) {
      this.#scopes.push((this.#scopes.at(-1) ?? scope).forkWithVariable(name, types[i]!));
    }
    return checker.check(this.#node, this.#scopes.at(-1)!);
  }

  /** Throws the checker's error for an expression that is not bool. */
  checkPredicate(checker: Checker, types: readonly TypeOf[], scope: Scope): void {
    const type = this.check(checker, types, scope);
    if (type.kind === "dyn" || type === checker.getType("bool")) return;
    throw checker.createError("invalid_macro_argument", `the predicate must be bool, not ${type}`, this.#node);
  }

  run(evaluator: Evaluator, values: readonly unknown[], scope: Scope): unknown {
    let current = scope;
    for (const [i, own] of this.#scopes.entries()) current = own.reuse(current).setIterValue(values[i], evaluator);
    return evaluator.run(this.#node, current);
  }

  test(evaluator: Evaluator, values: readonly unknown[], scope: Scope): boolean {
    const result = this.run(evaluator, values, scope);
    if (typeof result !== "boolean") throw new TypeError("no such overload: the predicate is not bool");
    return result;
  }
}

/** Throws the checker's error for what has no items. */
export function requireRange(checker: Checker, receiver: AnyNode, scope: Scope, kinds: readonly string[]): TypeOf {
  const type = checker.check(receiver, scope);
  if (type.kind === "dyn" || type.kind === "param" || kinds.includes(type.kind)) return type;
  const message = `an expression of type ${type} has no items`;
  throw checker.createError("invalid_comprehension_range", message, receiver);
}
