/** What both kinds of admission policies have. */
import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkDns1035Label, checkDns1123Subdomain } from "../../../api/meta/names.ts";
import type {
  MutatingAdmissionPolicySpec,
  ParamKind,
  ValidatingAdmissionPolicySpec,
  Variable,
} from "../../../api/types/admissionregistration_v1.ts";
import type { PolicyExpressions } from "../cel/policy_expressions.ts";
import { failurePolicies, validateMatch, validateMatchConditions } from "./admission_rules.ts";
import { requireOneOf, requireText } from "./checks.ts";
import { specPath } from "./scheduling_validation.ts";

const identifier = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const reserved = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while"
    .split(" "),
);

export function validatePolicy(
  spec: ValidatingAdmissionPolicySpec | MutatingAdmissionPolicySpec,
  expressions: PolicyExpressions,
  errors: FieldError[],
): void {
  requireOneOf(spec.failurePolicy, specPath.child("failurePolicy"), failurePolicies, errors);
  if (spec.paramKind) validateParamKind(spec.paramKind, specPath.child("paramKind"), errors);
  const path = specPath.child("matchConstraints");
  if (spec.matchConstraints) {
    validateMatch(spec.matchConstraints, path, errors);
    // Without one nobody knows of what kind the objects are.
    if (!spec.matchConstraints.resourceRules?.length) errors.push(FieldError.required(path.child("resourceRules")));
  } else errors.push(FieldError.required(path));
  const hasParams = spec.paramKind !== undefined;
  validateMatchConditions(spec.matchConditions ?? [], hasParams, specPath.child("matchConditions"), errors);
  for (const [index, variable] of (spec.variables ?? []).entries()) {
    validateVariable(variable, expressions, specPath.child("variables").index(index), errors);
  }
}

function validateVariable(
  { name = "", expression = "" }: Variable,
  expressions: PolicyExpressions,
  path: Path,
  errors: FieldError[],
): void {
  if (requireText(name.trim(), path.child("name"), errors, "name is not specified")) {
    if (!identifier.test(name) || reserved.has(name)) {
      errors.push(FieldError.invalid(path.child("name"), name, "must be a valid CEL identifier"));
    }
  }
  const at = path.child("expression");
  if (!requireText(expression.trim(), at, errors, "expression is not specified")) return;
  const problem = expressions.addVariable(name, expression);
  if (problem !== undefined) errors.push(FieldError.invalid(at, expression, problem));
}

function validateParamKind({ apiVersion = "", kind = "" }: ParamKind, path: Path, errors: FieldError[]): void {
  const at = path.child("apiVersion");
  if (requireText(apiVersion, at, errors)) {
    const [version = "", group, ...more] = apiVersion.split("/").toReversed();
    if (more.length > 0) {
      errors.push(FieldError.invalid(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
    } else {
      requireNone(group ? checkDns1123Subdomain(group) : [], at, group, errors);
      if (version === "") errors.push(FieldError.invalid(at, apiVersion, "version must be specified"));
      else requireNone(checkDns1035Label(version), at, version, errors);
    }
  }
  if (!requireText(kind, path.child("kind"), errors)) return;
  const problems = checkDns1035Label(kind.toLowerCase());
  const intro = "may have mixed case, but should otherwise match: ";
  requireNone(problems, path.child("kind"), kind, errors, intro);
}

function requireNone(
  problems: readonly string[],
  path: Path,
  value: unknown,
  errors: FieldError[],
  intro = "",
): void {
  if (problems.length > 0) errors.push(FieldError.invalid(path, value, `${intro}${problems.join(",")}`));
}
