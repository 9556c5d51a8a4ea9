import { type CelEnvironment, celEnvironment } from "./environment.ts";
import { CelError } from "./error.ts";
import { registerAuthorizer } from "./libraries/authorizer.ts";
import { patchType, registerJsonPatch } from "./libraries/json_patch.ts";
import { registerPolicyTypes } from "./policy_types.ts";

/** Of one object whose expressions are compiled. */
export interface PolicyOptions {
  /** There are parameters. */
  readonly params: boolean;
  /** There are variables, whose expressions come before those that read them. */
  readonly composed: boolean;
}

/** What an expression is for, which says what it may read and what it must be. */
export type ExpressionUse = keyof typeof uses;

interface Use {
  readonly types: readonly string[];
  readonly authorizer: boolean;
  readonly patches?: boolean;
}

const uses = {
  condition: { types: ["bool"], authorizer: true },
  validation: { types: ["bool"], authorizer: true },
  message: { types: ["string"], authorizer: false },
  annotation: { types: ["string", "null_type"], authorizer: true },
  variable: { types: [], authorizer: true },
  jsonPatch: { types: ["list(JSONPatch)"], authorizer: true, patches: true },
  applyConfiguration: { types: ["Object"], authorizer: true, patches: true },
} satisfies Readonly<Record<string, Use>>;

export interface PolicyExpressions {
  /** What is wrong with an expression, as upstream says it; undefined when it can be used. */
  problemWith(text: string, use: ExpressionUse): string | undefined;
  /** The same for a variable, which later expressions can read, as a value of any type if it is wrong. */
  addVariable(name: string, text: string): string | undefined;
}

/** Environments are alike for all policies, but for their variables. */
const environments = new Map<string, CelEnvironment>();

function environmentFor(params: boolean, { authorizer, patches = false }: Use): CelEnvironment {
  const key = `${params} ${authorizer} ${patches}`;
  let environment = environments.get(key);
  if (environment === undefined) {
    environment = celEnvironment({
      object: "dyn",
      oldObject: "dyn",
      namespaceObject: "kubernetes.Namespace",
      request: "kubernetes.AdmissionRequest",
      ...params && { params: "dyn" },
      ...authorizer && { authorizer: "kubernetes.authorization.Authorizer" },
    }, {
      libraries: [registerPolicyTypes, registerAuthorizer, ...patches ? [registerJsonPatch] : []],
      ...patches && { messages: patchType },
    });
    environments.set(key, environment);
  }
  return environment;
}

export function policyExpressions({ params, composed }: PolicyOptions): PolicyExpressions {
  const variables: Record<string, string> = {};
  const own = new Map<Use, CelEnvironment>();
  const environmentOf = (use: Use) => {
    const shared = environmentFor(params, use);
    if (!composed) return shared;
    let environment = own.get(use);
    if (environment === undefined) own.set(use, environment = shared.with({ variables }));
    return environment;
  };
  const compile = (text: string, use: Use): { readonly type?: string; readonly problem?: string } => {
    try {
      const { type, typeText } = environmentOf(use).compile(text);
      if (use.types.length === 0 || use.types.includes(typeText)) return { type };
      const wanted = use.types.length === 1 ? use.types[0] : `one of [${use.types.join(" ")}]`;
      return { type, problem: `must evaluate to ${wanted} but got ${typeText}` };
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      return { problem: `compilation failed: ${error.issue}` };
    }
  };
  return {
    problemWith: (text, use) => compile(text, uses[use]).problem,
    addVariable(name, text) {
      const { type = "dyn", problem } = compile(text, uses.variable);
      variables[name] = type;
      own.clear();
      return problem;
    },
  };
}
