import type { UserInfo } from "../../contract.ts";
import { claimOf, type Claims, refused, textClaim, textsOf } from "./claims.ts";
import type { Claim, ClaimValidationRule, Expression, JwtConfiguration, PrefixedClaim } from "./configuration.ts";

/** The user that claims describe. Throws an AuthenticationError for claims that are refused. */
export type UserOfClaims = (claims: Claims) => UserInfo;

/** Compiles a configuration; CEL is imported by the first that uses it. Rejects with an error that names the place of an expression that is none. */
export async function compileUserOfClaims(configuration: JwtConfiguration): Promise<UserOfClaims> {
  const { claimMappings: { username, groups, uid, extra }, claimValidationRules, userValidationRules } = configuration;
  const usesExpressions = extra.length > 0 || userValidationRules.length > 0 ||
    [username, groups, uid, ...claimValidationRules].some((one) => one !== undefined && "expression" in one);
  const compile = usesExpressions ? (await import("./expressions.ts")).expressionCompiler(configuration) : undefined;
  const compiled = ({ expression, place }: Expression) => compile!.claims(expression, place);
  const userName = "expression" in username ? textExpression(username, compiled) : userNameClaim(username);
  const groupList = groups && ("expression" in groups ? textsExpression(groups, compiled) : groupsClaim(groups));
  const userId = uid &&
    ("expression" in uid ? textExpression(uid, compiled) : (claims: Claims) => textClaim(claims, uid.claim));
  const extras = extra.map(({ key, valueExpression }) => ({ key, values: textsExpression(valueExpression, compiled) }));
  const claimRules = claimValidationRules.map((rule) =>
    "expression" in rule ? compile!.claimRule(rule) : (claims: Claims) => requireValue(rule, claims)
  );
  const userRules = userValidationRules.map((rule) => compile!.userRule(rule));
  compile?.requireVerifiedEmail();
  return (claims) => {
    const name = userName(claims);
    if (name === "") throw refused("its user has no name");
    const id = userId?.(claims);
    const more = Object.fromEntries([
      ...credentialId(claims),
      ...extras.map(({ key, values }) => [key, values(claims)] as const).filter(([, values]) => values.length > 0),
    ]);
    const user: UserInfo = {
      name,
      ...(id ? { uid: id } : {}),
      groups: groupList?.(claims) ?? [],
      ...(Object.keys(more).length > 0 ? { extra: more } : {}),
    };
    for (const rule of claimRules) rule(claims);
    for (const rule of userRules) rule(user);
    return user;
  };
}

type Evaluate = (claims: Claims) => unknown;

function textExpression(
  expression: Expression,
  compile: (expression: Expression) => Evaluate,
): (claims: Claims) => string {
  const evaluate = compile(expression);
  return (claims) => {
    const value = evaluate(claims);
    if (typeof value !== "string") throw refused(`${expression.place} does not evaluate to a text`);
    return value;
  };
}

/** Nothing, and texts that are empty, stand for none. */
function textsExpression(
  expression: Expression,
  compile: (expression: Expression) => Evaluate,
): (claims: Claims) => string[] {
  const evaluate = compile(expression);
  return (claims) => textsOf(evaluate(claims) ?? [], `the value of ${expression.place}`).filter((text) => text !== "");
}

function userNameClaim({ claim, prefix }: PrefixedClaim): (claims: Claims) => string {
  return (claims) => {
    const name = textClaim(claims, claim);
    const verified = claimOf(claims, "email_verified");
    if (claim === "email" && verified !== undefined && verified !== true) throw refused("its email is not verified");
    return prefix + name;
  };
}

function groupsClaim({ claim, prefix }: PrefixedClaim): (claims: Claims) => string[] {
  return (claims) => textsOf(claimOf(claims, claim) ?? [], `its claim ${claim}`).map((group) => prefix + group);
}

function requireValue({ claim, requiredValue }: Extract<ClaimValidationRule, Claim>, claims: Claims): void {
  if (textClaim(claims, claim) !== requiredValue) {
    throw refused(`its claim ${claim} is not ${JSON.stringify(requiredValue)}`);
  }
}

function credentialId(claims: Claims): [string, string[]][] {
  const jti = claimOf(claims, "jti");
  return typeof jti === "string" && jti !== "" ? [["authentication.kubernetes.io/credential-id", [`JTI=${jti}`]]] : [];
}
