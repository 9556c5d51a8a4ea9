/** Which requests webhooks and admission policies are asked about. */
import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkPathSegmentName, checkQualifiedName } from "../../../api/meta/names.ts";
import type {
  MatchCondition,
  MatchResources,
  NamedRuleWithOperations,
  RuleWithOperations,
} from "../../../api/types/admissionregistration_v1.ts";
import { expressionsOf, validateExpression } from "./admission_expressions.ts";
import { checkText, labelSelectorAt, requireOneOf, requireText, requireUnique } from "./checks.ts";

const operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
const mostConditions = 64;
export const matchPolicies = ["Equivalent", "Exact"];
export const failurePolicies = ["Fail", "Ignore"];

export function defaultRule(rule: Pick<RuleWithOperations, "scope">): void {
  rule.scope ??= "*";
}

export function defaultMatch(match: MatchResources): void {
  match.matchPolicy ??= "Equivalent";
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  for (const rule of [...match.resourceRules ?? [], ...match.excludeResourceRules ?? []]) defaultRule(rule);
}

export function validateMatch(match: MatchResources, path: Path, errors: FieldError[]): void {
  requireOneOf(match.matchPolicy, path.child("matchPolicy"), matchPolicies, errors);
  labelSelectorAt(match.namespaceSelector, path.child("namespaceSelector"), errors);
  labelSelectorAt(match.objectSelector, path.child("objectSelector"), errors);
  for (const field of ["resourceRules", "excludeResourceRules"] as const) {
    for (const [index, rule] of (match[field] ?? []).entries()) {
      validateNamedRule(rule, path.child(field).index(index), errors);
    }
  }
}

function validateNamedRule(rule: NamedRuleWithOperations, path: Path, errors: FieldError[]): void {
  const names = (rule.resourceNames ?? []).map((name, index) =>
    [name, path.child("resourceNames").index(index)] as const
  );
  for (const [name, at] of names) checkText(name, at, checkPathSegmentName, errors);
  requireUnique(names, errors);
  validateRule(rule, path, errors);
}

export function validateRule(rule: RuleWithOperations, path: Path, errors: FieldError[]): void {
  requireSome(rule.operations, path.child("operations"), "operations", errors);
  for (const [index, operation] of (rule.operations ?? []).entries()) {
    requireOneOf(operation, path.child("operations").index(index), operations, errors);
  }
  requireSome(rule.apiGroups, path.child("apiGroups"), "API groups", errors);
  requireSome(rule.apiVersions, path.child("apiVersions"), "API versions", errors);
  for (const [index, version] of (rule.apiVersions ?? []).entries()) {
    requireText(version, path.child("apiVersions").index(index), errors);
  }
  validateResources(rule.resources ?? [], path.child("resources"), errors);
  requireOneOf(rule.scope, path.child("scope"), ["*", "Cluster", "Namespaced"], errors);
}

/** `*` stands alone. */
function requireSome(values: readonly string[] = [], path: Path, others: string, errors: FieldError[]): void {
  if (values.length === 0) errors.push(FieldError.required(path));
  if (values.length > 1 && values.includes("*")) {
    errors.push(FieldError.invalid(path, values, `if '*' is present, must not specify other ${others}`));
  }
}

/** `pods`, `pods/status`, `pods/*`, `*` (all but subresources), and the same with `*` for the resource. */
function validateResources(resources: readonly string[], path: Path, errors: FieldError[]): void {
  if (resources.length === 0) errors.push(FieldError.required(path));
  const seen = new Set<string>();
  let lastIsPlain = false;
  for (const [index, resource] of resources.entries()) {
    if (!requireText(resource, path.index(index), errors)) continue;
    const [name = "", ...rest] = resource.split("/");
    if (rest.length === 0) {
      lastIsPlain = resource !== "*";
      continue;
    }
    const subresource = rest.join("/");
    for (const all of [`${name}/*`, `*/${subresource}`]) {
      if (!seen.has(all)) continue;
      errors.push(
        FieldError.invalid(path.index(index), resource, `if '${all}' is present, must not specify ${resource}`),
      );
    }
    if (subresource === "*" || name === "*") seen.add(resource);
  }
  if (resources.length > 1 && resources.includes("*/*")) {
    errors.push(FieldError.invalid(path, resources, "if '*/*' is present, must not specify other resources"));
  }
  // Upstream looks at the last one without a subresource alone.
  if (resources.includes("*") && lastIsPlain) {
    const detail = "if '*' is present, must not specify other resources without subresources";
    errors.push(FieldError.invalid(path, resources, detail));
  }
}

/** `params`: whether they may read a policy's parameters. */
export function validateMatchConditions(
  conditions: readonly MatchCondition[],
  params: boolean,
  path: Path,
  errors: FieldError[],
): void {
  if (conditions.length === 0) return;
  if (conditions.length > mostConditions) {
    errors.push(FieldError.tooMany(path, conditions.length, mostConditions));
  }
  const expressions = expressionsOf({ params, composed: false });
  for (const [index, { name, expression }] of conditions.entries()) {
    const at = path.index(index);
    // The text as it will be compiled: positions count from its first character.
    const trimmed = expression?.trim();
    if (requireText(trimmed, at.child("expression"), errors)) {
      validateExpression(expressions, trimmed, "condition", at.child("expression"), errors);
    }
    if (requireText(name, at.child("name"), errors)) checkText(name, at.child("name"), checkQualifiedName, errors);
  }
  const names = conditions.map(({ name }, index) => [name, path.index(index).child("name")] as const);
  requireUnique(names.filter(([name]) => name), errors);
}
