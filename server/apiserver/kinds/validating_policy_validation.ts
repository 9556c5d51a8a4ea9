import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import { checkQualifiedName } from "../../../api/meta/names.ts";
import type {
  AuditAnnotation,
  ExpressionWarning,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyStatus,
  Validation,
} from "../../../api/types/admissionregistration_v1.ts";
import type { PolicyExpressions } from "../cel/policy_expressions.ts";
import { expressionsOf, validateExpression } from "./admission_expressions.ts";
import { checkText, requireOneOf, requireText, requireUnique } from "./checks.ts";
import { validateConditions } from "./conditions_validation.ts";
import { validatePolicy } from "./policy_validation.ts";
import { specPath } from "./scheduling_validation.ts";

const mostAnnotations = 20;
/** In bytes. */
const longestAnnotation = 5 * 1024;

export function validateValidatingPolicy({ metadata, spec }: ValidatingAdmissionPolicy): FieldError[] {
  const errors: FieldError[] = [];
  const { validations = [], auditAnnotations = [], variables = [], paramKind } = spec;
  const expressions = expressionsOf({ params: paramKind !== undefined, composed: variables.length > 0 });
  validatePolicy(spec, expressions, errors);
  if (validations.length === 0 && auditAnnotations.length === 0) {
    for (const field of ["validations", "auditAnnotations"]) {
      const detail = "validations or auditAnnotations must contain at least one item";
      errors.push(FieldError.required(specPath.child(field), detail));
    }
  }
  for (const [index, validation] of validations.entries()) {
    validateValidation(validation, expressions, specPath.child("validations").index(index), errors);
  }
  const path = specPath.child("auditAnnotations");
  if (auditAnnotations.length > mostAnnotations) {
    const detail = `must not have more than ${mostAnnotations} auditAnnotations`;
    errors.push(FieldError.invalid(path, auditAnnotations, detail));
  }
  for (const [index, annotation] of auditAnnotations.entries()) {
    validateAnnotation(annotation, metadata.name ?? "", expressions, path.index(index), errors);
  }
  requireUnique(auditAnnotations.map(({ key }, index) => [key, path.index(index).child("key")] as const), errors);
  return errors;
}

function validateValidation(
  { expression = "", message = "", messageExpression = "", reason }: Validation,
  expressions: PolicyExpressions,
  path: Path,
  errors: FieldError[],
): void {
  const at = path.child("expression");
  if (requireText(expression.trim(), at, errors, "expression is not specified")) {
    validateExpression(expressions, expression, "validation", at, errors);
  }
  const messagePath = path.child("messageExpression");
  if (messageExpression !== "" && messageExpression.trim() === "") {
    errors.push(FieldError.invalid(messagePath, messageExpression, "must be non-empty if specified"));
  } else if (messageExpression !== "") {
    validateExpression(expressions, messageExpression, "message", messagePath, errors);
  }
  if (message !== "" && message.trim() === "") {
    errors.push(FieldError.invalid(path.child("message"), message, "must be non-empty if specified"));
  } else if (/[\n\r]/.test(message.trim())) {
    errors.push(FieldError.invalid(path.child("message"), message, "must not contain line breaks"));
  }
  requireOneOf(reason, path.child("reason"), ["Forbidden", "Invalid", "RequestEntityTooLarge"], errors);
}

function validateAnnotation(
  { key = "", valueExpression = "" }: AuditAnnotation,
  policy: string,
  expressions: PolicyExpressions,
  path: Path,
  errors: FieldError[],
): void {
  if (policy === "") {
    errors.push(FieldError.invalid(path.child("key"), key, "requires metadata.name be non-empty"));
  } else checkText(`${policy}/${key}`, path.child("key"), checkQualifiedName, errors);
  const at = path.child("valueExpression");
  const trimmed = valueExpression.trim();
  if (!requireText(trimmed, at, errors, "valueExpression is not specified")) return;
  if (new TextEncoder().encode(trimmed).length > longestAnnotation) {
    errors.push(FieldError.required(at, `must not exceed ${longestAnnotation} bytes in length`));
  } else validateExpression(expressions, trimmed, "annotation", at, errors, valueExpression);
}

export function validatePolicyStatus({ typeChecking, conditions }: ValidatingAdmissionPolicyStatus): FieldError[] {
  const errors: FieldError[] = [];
  const path = root("status", "typeChecking", "expressionWarnings");
  for (const [index, warning] of (typeChecking?.expressionWarnings ?? []).entries()) {
    validateWarning(warning, path.index(index), errors);
  }
  validateConditions(conditions ?? [], root("status", "conditions"), errors);
  return errors;
}

function validateWarning({ warning, fieldRef = "" }: ExpressionWarning, path: Path, errors: FieldError[]): void {
  requireText(warning, path.child("warning"), errors);
  requireText(fieldRef.trim(), path.child("fieldRef"), errors);
}
