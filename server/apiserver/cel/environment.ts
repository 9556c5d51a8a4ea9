import { Environment } from "@marcbachmann/cel-js";
import { CelError } from "./error.ts";
import { deepest } from "./extent.ts";
import { type CelExpression, compileIn } from "./expression.ts";
import type { MessageTypes } from "./literal_macros.ts";
import { registerAddresses } from "./libraries/addresses.ts";
import { registerConversions } from "./libraries/conversions.ts";
import { registerFormats } from "./libraries/formats.ts";
import { registerLists } from "./libraries/lists.ts";
import { registerOptionals } from "./libraries/optionals.ts";
import { registerQuantities } from "./libraries/quantities.ts";
import { registerRegex } from "./libraries/regex.ts";
import { registerSemver } from "./libraries/semver.ts";
import { registerSets } from "./libraries/sets.ts";
import { registerStrings } from "./libraries/strings.ts";
import { registerTwoVariables } from "./libraries/two_variables.ts";
import { registerUrls } from "./libraries/urls.ts";

/** A CEL type, `map<string, dyn>`, or the fields of an object with theirs. */
export type CelType = string | { readonly [field: string]: CelType };

/** What expressions of one place may read, and how they are compiled. */
export interface CelEnvironment {
  /** Throws a CelError. `type`: what the expression must be. */
  compile(text: string, type?: "bool"): CelExpression;
  /** The same with more variables. */
  with(variables: Readonly<Record<string, CelType>>): CelEnvironment;
}

export interface CelOptions {
  /** Besides those that are everywhere. */
  readonly libraries?: readonly ((environment: Environment) => void)[];
  /** Messages that expressions may make; none when absent. */
  readonly messages?: MessageTypes;
  /** `cel.bind(name, value, expression)` is known, as it is in few places upstream. */
  readonly bindings?: boolean;
}

/** Of more than the longest text can hold there is no limit but the depth. */
const limits = { maxAstNodes: 100_000, maxDepth: deepest, maxListElements: 50_000, maxMapEntries: 25_000 };
const libraries = [
  registerStrings,
  registerLists,
  registerSets,
  registerRegex,
  registerUrls,
  registerAddresses,
  registerQuantities,
  registerFormats,
  registerSemver,
  registerTwoVariables,
  registerOptionals,
  registerConversions,
];

let base: Environment | undefined;

/** The language with Kubernetes' libraries, as far as they are here, and these variables. */
export function celEnvironment(
  variables: Readonly<Record<string, CelType>>,
  { libraries: more = [], messages = () => undefined, bindings = false }: CelOptions = {},
): CelEnvironment {
  if (base === undefined) {
    base = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false, limits });
    for (const register of libraries) register(base);
  }
  const environment = base.clone();
  for (const register of more) register(environment);
  return withVariables(environment, variables, messages, bindings);
}

function withVariables(
  environment: Environment,
  variables: Readonly<Record<string, CelType>>,
  messages: MessageTypes,
  bindings: boolean,
): CelEnvironment {
  for (const [name, type] of Object.entries(variables)) {
    if (typeof type === "string") environment.registerVariable(name, type);
    else environment.registerVariable({ name, schema: type as Record<string, never> });
  }
  return {
    compile(text, type) {
      const expression = compileIn(environment, text, messages, bindings);
      if (type !== undefined && expression.type !== type) {
        throw new CelError(text, new TypeError(`must evaluate to ${type} but got ${expression.type}`));
      }
      return expression;
    },
    with: (more) => withVariables(environment.clone(), more, messages, bindings),
  };
}
