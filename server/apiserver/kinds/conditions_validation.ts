import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkConditionReason, checkQualifiedName } from "../../../api/meta/names.ts";
import type { Condition } from "../../../api/types/meta_v1.ts";
import { checkText, requireOneOf } from "./checks.ts";

const statuses = ["False", "True", "Unknown"];
const maxReason = 1024;
const maxMessage = 32 * 1024;

/** `metav1.Condition` in a status: one of each type, each with its reason and time. */
export function validateConditions(conditions: readonly Condition[] = [], path: Path, errors: FieldError[]): void {
  const types = new Set<string>();
  for (const [index, condition] of conditions.entries()) {
    const at = path.index(index);
    const { type = "", status = "", observedGeneration = 0, lastTransitionTime, reason, message = "" } = condition;
    if (types.has(type)) errors.push(FieldError.duplicate(at.child("type"), type));
    types.add(type);
    checkText(type, at.child("type"), checkQualifiedName, errors);
    requireOneOf(status, at.child("status"), statuses, errors);
    if (observedGeneration < 0) {
      const detail = "must be greater than or equal to zero";
      errors.push(FieldError.invalid(at.child("observedGeneration"), observedGeneration, detail));
    }
    if (!lastTransitionTime) errors.push(FieldError.required(at.child("lastTransitionTime")));
    if (!reason) errors.push(FieldError.required(at.child("reason")));
    else {
      checkText(reason, at.child("reason"), checkConditionReason, errors);
      if (reason.length > maxReason) errors.push(FieldError.tooLong(at.child("reason"), maxReason));
    }
    if (message.length > maxMessage) errors.push(FieldError.tooLong(at.child("message"), maxMessage));
  }
}
