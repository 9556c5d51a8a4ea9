import type { Environment } from "@marcbachmann/cel-js";
import { entriesOf } from "./equality.ts";
import { BoundExpression, type Checker, type Macro, type MacroCall, requireRange, type TypeOf } from "./macro.ts";

/** Whether the predicate holds for a key and its value. */
type Test = (entry: Entry) => boolean;
/** An index and an item of a list, or a key and a value of a map. */
type Entry = readonly [unknown, unknown];

/** What becomes of the entries, by name. Errors of predicates count only when the others do not decide. */
const quantifiers: Readonly<Record<string, (entries: readonly Entry[], test: Test) => boolean>> = {
  all: (entries, test) => !decides(entries, (entry) => !test(entry)),
  exists: decides,
  existsOne: (entries, test) => entries.filter(test).length === 1,
};

function decides(entries: readonly Entry[], test: Test): boolean {
  let failure: { readonly error: unknown } | undefined;
  for (const entry of entries) {
    try {
      if (test(entry)) return true;
    } catch (error) {
      failure ??= { error };
    }
  }
  if (failure !== undefined) throw failure.error;
  return false;
}

interface Transformation {
  readonly type: (key: TypeOf, value: TypeOf, checker: Checker) => TypeOf;
  readonly collect: (results: readonly Entry[]) => unknown;
}

const transformations: Readonly<Record<string, Transformation>> = {
  transformList: {
    type: (_, value, checker) => checker.getType(`list<${value}>`),
    collect: (results) => results.map(([, value]) => value),
  },
  transformMap: {
    type: (key, value, checker) => checker.getType(`map<${key}, ${value}>`),
    collect: (results) => new Map(results),
  },
  transformMapEntry: {
    type: (_, value) => value,
    collect(results) {
      const map = new Map<string, unknown>();
      for (const [key, value] of results.flatMap(([, entry]) => entriesOf(entry))) {
        if (map.has(String(key))) throw new RangeError(`insert failed: key ${key} already exists`);
        map.set(String(key), value);
      }
      // As the library has maps that expressions write down.
      return Object.fromEntries(map);
    },
  },
};

/** CEL's extension for comprehensions that see keys and values. */
export function registerTwoVariables(environment: Environment): void {
  for (const [name, decide] of Object.entries(quantifiers)) {
    environment.registerFunction(`list.${name}(ast, ast, ast): bool`, (call: MacroCall) => quantifier(call, decide));
  }
  for (const [name, how] of Object.entries(transformations)) {
    environment
      .registerFunction(`list.${name}(ast, ast, ast): dyn`, (call: MacroCall) => transformation(call, how))
      .registerFunction(`list.${name}(ast, ast, ast, ast): dyn`, (call: MacroCall) => transformation(call, how));
  }
}

function quantifier(
  { receiver, args }: MacroCall,
  decide: (entries: readonly Entry[], test: Test) => boolean,
): Macro {
  const predicate = new BoundExpression(args.slice(0, 2), args[2]!);
  return {
    async: false,
    typeCheck(checker, _, scope) {
      predicate.checkPredicate(
        checker,
        entryTypes(checker, requireRange(checker, receiver, scope, ["list", "map"])),
        scope,
      );
      return checker.getType("bool");
    },
    evaluate(evaluator, _, scope) {
      return decide(
        entriesOf(evaluator.run(receiver, scope)),
        (entry) => predicate.test(evaluator, entry, scope),
      );
    },
  };
}

function transformation({ receiver, args }: MacroCall, how: Transformation): Macro {
  const variables = args.slice(0, 2);
  const filter = args.length === 4 ? new BoundExpression(variables, args[2]!) : undefined;
  const transform = new BoundExpression(variables, args.at(-1)!);
  return {
    async: false,
    typeCheck(checker, _, scope) {
      const types = entryTypes(checker, requireRange(checker, receiver, scope, ["list", "map"]));
      filter?.checkPredicate(checker, types, scope);
      return how.type(types[0], transform.check(checker, types, scope), checker);
    },
    evaluate(evaluator, _, scope) {
      const kept = entriesOf(evaluator.run(receiver, scope))
        .filter((entry) => filter === undefined || filter.test(evaluator, entry, scope));
      return how.collect(kept.map((entry) => [entry[0], transform.run(evaluator, entry, scope)]));
    },
  };
}

function entryTypes(checker: Checker, range: TypeOf): readonly [TypeOf, TypeOf] {
  const dyn = checker.getType("dyn");
  if (range.kind === "list") return [checker.getType("int"), range.valueType ?? dyn];
  return range.kind === "map" ? [range.keyType ?? dyn, range.valueType ?? dyn] : [dyn, dyn];
}
