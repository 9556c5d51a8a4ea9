/** Conditions of the common type, `metav1.Condition`. */
import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkConditionReason, checkQualifiedName } from "../../../api/meta/names.ts";
import type { Condition } from "../../../api/types/meta_v1.ts";
import { checkText, requireOneOf, requireText, requireUnique } from "./checks.ts";

/** In bytes. */
const longestReason = 1024;
const longestMessage = 32 * 1024;

export function validateConditions(conditions: readonly Condition[], path: Path, errors: FieldError[]): void {
  requireUnique(conditions.map(({ type }, index) => [type, path.index(index).child("type")] as const), errors);
  for (const [index, condition] of conditions.entries()) validateCondition(condition, path.index(index), errors);
}

function validateCondition(condition: Condition, path: Path, errors: FieldError[]): void {
  const { type = "", status = "", observedGeneration = 0, lastTransitionTime, reason = "", message = "" } = condition;
  checkText(type, path.child("type"), checkQualifiedName, errors);
  requireOneOf(status, path.child("status"), ["False", "True", "Unknown"], errors);
  if (observedGeneration < 0) {
    const detail = "must be greater than or equal to zero";
    errors.push(FieldError.invalid(path.child("observedGeneration"), observedGeneration, detail));
  }
  requireText(lastTransitionTime, path.child("lastTransitionTime"), errors);
  if (requireText(reason, path.child("reason"), errors)) {
    checkText(reason, path.child("reason"), checkConditionReason, errors);
    requireLength(reason, longestReason, path.child("reason"), errors);
  }
  requireLength(message, longestMessage, path.child("message"), errors);
}

function requireLength(text: string, limit: number, path: Path, errors: FieldError[]): void {
  if (new TextEncoder().encode(text).length > limit) errors.push(FieldError.tooLong(path, limit));
}
