import { FieldError, type Path } from "../../../api/meta/field.ts";
import type {
  MatchResources,
  MutatingAdmissionPolicySpec,
  Mutation,
} from "../../../api/types/admissionregistration_v1.ts";
import type { PolicyExpressions } from "../cel/policy_expressions.ts";
import { expressionsOf, validateExpression } from "./admission_expressions.ts";
import { requireOneOf, requireText } from "./checks.ts";
import { validatePolicy } from "./policy_validation.ts";
import { specPath } from "./scheduling_validation.ts";

/** The field of a mutation by its type. */
const patchFields = { ApplyConfiguration: "applyConfiguration", JSONPatch: "jsonPatch" } as const;
const patchTypes = Object.keys(patchFields) as (keyof typeof patchFields)[];

export function validateMutatingPolicy(spec: MutatingAdmissionPolicySpec): FieldError[] {
  const errors: FieldError[] = [];
  const expressions = expressionsOf({ params: spec.paramKind !== undefined, composed: true });
  validatePolicy(spec, expressions, errors);
  requireMutatingOperations(spec.matchConstraints, specPath.child("matchConstraints"), errors);
  const { mutations = [] } = spec;
  const path = specPath.child("mutations");
  if (mutations.length === 0) {
    errors.push(FieldError.required(path, "mutations must contain at least one item"));
  }
  for (const [index, mutation] of mutations.entries()) {
    validateMutation(mutation, expressions, path.index(index), errors);
  }
  const at = specPath.child("reinvocationPolicy");
  if (requireText(spec.reinvocationPolicy, at, errors)) {
    requireOneOf(spec.reinvocationPolicy, at, ["IfNeeded", "Never"], errors);
  }
  return errors;
}

/** What is deleted cannot be mutated. */
export function requireMutatingOperations(
  match: MatchResources | undefined,
  path: Path,
  errors: FieldError[],
): void {
  for (const { operations = [] } of match?.resourceRules ?? []) {
    for (const operation of operations) {
      // Upstream's path has no indexes here.
      const at = path.child("resourceRules", "operations");
      requireOneOf(operation, at, ["*", "CONNECT", "CREATE", "UPDATE"], errors);
    }
  }
}

function validateMutation(
  mutation: Mutation,
  expressions: PolicyExpressions,
  path: Path,
  errors: FieldError[],
): void {
  const type = mutation.patchType as keyof typeof patchFields;
  if (!requireText(type, path.child("patchType"), errors)) return;
  if (!patchTypes.includes(type)) return requireOneOf(type, path.child("patchType"), patchTypes, errors);
  for (const other of patchTypes) {
    const field = patchFields[other];
    if (other === type || mutation[field] === undefined) continue;
    const detail = `must not be specified when patchType is ${type}`;
    errors.push(FieldError.invalid(path.child(field), `{${field}}`, detail));
  }
  const field = patchFields[type];
  const patch = mutation[field];
  if (patch === undefined) {
    errors.push(FieldError.required(path.child(field), `must be specified when patchType is ${type}`));
    return;
  }
  const at = path.child(field, "expression");
  const trimmed = patch.expression?.trim();
  if (requireText(trimmed, at, errors)) validateExpression(expressions, trimmed, field, at, errors);
}
