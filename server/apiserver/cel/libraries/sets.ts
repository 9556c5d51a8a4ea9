import type { Environment } from "@marcbachmann/cel-js";
import { isEqual } from "./equality.ts";

/** The receiver of `sets.contains(…)`: a name, no value. */
class Sets {}

type Test = (of: unknown[], other: unknown[]) => boolean;

const has = (list: unknown[], wanted: unknown) => list.some((value) => isEqual(value, wanted));
const contains: Test = (of, other) => other.every((value) => has(of, value));

/** CEL's extension for lists that are sets. */
export function registerSets(environment: Environment): void {
  environment.registerType("Sets", Sets).registerConstant("sets", "Sets", new Sets());
  const functions: Readonly<Record<string, Test>> = {
    contains,
    equivalent: (of, other) => contains(of, other) && contains(other, of),
    intersects: (of, other) => of.some((value) => has(other, value)),
  };
  for (const [name, test] of Object.entries(functions)) {
    environment.registerFunction(
      `Sets.${name}(list, list): bool`,
      (_: Sets, of: unknown[], other: unknown[]) => test(of, other),
    );
  }
}
