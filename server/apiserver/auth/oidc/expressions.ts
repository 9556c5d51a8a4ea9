import type { UserInfo } from "../../contract.ts";
import { celEnvironment } from "../../cel/environment.ts";
import type { CelError } from "../../cel/error.ts";
import type { CelExpression } from "../../cel/expression.ts";
import { type Claims, refused } from "./claims.ts";
import type { Expression, JwtConfiguration } from "./configuration.ts";

type Rule = Expression & { readonly message: string };

/** The expressions of one issuer. Every method throws an error that names the place of an expression that cannot be used. */
export interface ExpressionCompiler {
  claims(expression: string, place: string): (claims: Claims) => unknown;
  claimRule(rule: Rule): (claims: Claims) => void;
  userRule(rule: Rule): (user: UserInfo) => void;
  /** Whoever is named by an address must have shown that it is theirs. Asked when all have been compiled. */
  requireVerifiedEmail(): void;
}

export function expressionCompiler(configuration: JwtConfiguration): ExpressionCompiler {
  const overClaims = celEnvironment({ claims: "map<string, dyn>" });
  const overUser = celEnvironment({
    user: { username: "string", uid: "string", groups: "list<string>", extra: "map<string, list<string>>" },
  });
  const { username } = configuration.claimMappings;
  const all: CelExpression[] = [];
  const compile = (environment: typeof overClaims, expression: string, place: string, type?: "bool") => {
    try {
      const compiled = environment.compile(expression, type);
      if (environment === overClaims) all.push(compiled);
      return compiled;
    } catch (error) {
      throw new TypeError(`${place} cannot be used: ${(error as CelError).message}`, { cause: error });
    }
  };
  return {
    claims(expression, place) {
      const compiled = compile(overClaims, expression, place);
      return (claims) => evaluate(compiled, { claims }, place);
    },
    claimRule(rule) {
      const compiled = compile(overClaims, rule.expression, rule.place, "bool");
      return (claims) => mustHold(rule, evaluate(compiled, { claims }, rule.place));
    },
    userRule(rule) {
      const compiled = compile(overUser, rule.expression, rule.place, "bool");
      return ({ name, uid = "", groups, extra = {} }) =>
        mustHold(rule, evaluate(compiled, { user: { username: name, uid, groups, extra } }, rule.place));
    },
    requireVerifiedEmail() {
      if (!("expression" in username)) return;
      const named = all.find(({ text }) => text === username.expression);
      if (!named?.selects("claims", "email") || all.some((one) => one.selects("claims", "email_verified"))) return;
      throw new TypeError(
        `${username.place} reads claims.email, so claims.email_verified must be read by it, by an extra's valueExpression or a claimValidationRule`,
      );
    },
  };
}

function evaluate(expression: CelExpression, variables: Readonly<Record<string, unknown>>, place: string): unknown {
  try {
    return expression.evaluate(variables);
  } catch (error) {
    throw refused(`${place} cannot be evaluated: ${(error as CelError).detail}`, error);
  }
}

function mustHold({ place, message }: Rule, value: unknown): void {
  if (value !== true) throw refused(`${place} does not hold${message === "" ? "" : `: ${message}`}`);
}
