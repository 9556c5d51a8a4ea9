import { FieldError, root } from "../../../api/meta/field.ts";
import { formatTime } from "../../../api/meta/time.ts";
import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
} from "../../../api/types/certificates_v1.ts";
import { requireOneOf, requireText } from "./checks.ts";

type Conditions = readonly CertificateSigningRequestCondition[];

const path = root("status", "conditions");
/** Conditions that are true or not there. */
const decisions = ["Approved", "Denied", "Failed"];

/** Fills in when each condition was reported, and since when it is as it is. */
export function withTimestamps(
  conditions: Conditions,
  old: Conditions,
  now: number,
): CertificateSigningRequestCondition[] {
  return conditions.map((condition) => {
    const before = old.find(({ type, status }) => type === condition.type && status === condition.status);
    return {
      ...condition,
      lastUpdateTime: condition.lastUpdateTime || formatTime(now),
      lastTransitionTime: condition.lastTransitionTime || before?.lastTransitionTime || formatTime(now),
    };
  });
}

/** The conditions with approvals and denials as they were: whoever reports a status does not decide. */
export function withDecisions(conditions: Conditions, old: Conditions): CertificateSigningRequestCondition[] {
  const kept = [...conditions];
  for (const decision of ["Approved", "Denied"]) {
    const before = old.filter(({ type }) => type === decision);
    const places = conditions.flatMap(({ type }, index) => type === decision ? [index] : []);
    // One more or one less is refused.
    if (before.length === places.length) places.forEach((place, i) => kept[place] = before[i]!);
  }
  return kept;
}

/** What is wrong with the conditions; `decides` where they may approve and deny. */
export function validateConditions(
  { status }: CertificateSigningRequest,
  { status: oldStatus }: CertificateSigningRequest,
  decides: boolean,
): FieldError[] {
  const [now, before] = [status?.conditions ?? [], oldStatus?.conditions ?? []];
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, { type, status: value }] of now.entries()) {
    const at = path.index(index);
    requireText(type, at.child("type"), errors);
    const allowed = decisions.includes(type) ? ["True"] : ["False", "True", "Unknown"];
    if (requireText(value, at.child("status"), errors)) requireOneOf(value, at.child("status"), allowed, errors);
    if (seen.has(type)) errors.push(FieldError.duplicate(at.child("type"), type));
    seen.add(type);
  }
  if (seen.has("Approved") && seen.has("Denied")) {
    const detail = "Approved and Denied conditions are mutually exclusive";
    errors.push(
      FieldError.invalid(path, now.findLast(({ type }) => type === "Approved" || type === "Denied")!.type, detail),
    );
  }
  for (const type of decisions) {
    const [new_, old] = [now, before].map((conditions) => conditions.filter((condition) => condition.type === type));
    const refuse = (what: string) =>
      errors.push(FieldError.forbidden(path, `updates may not ${what} a condition of type ${JSON.stringify(type)}`));
    if (new_!.length < old!.length) refuse("remove");
    else if (decides || type === "Failed") continue;
    else if (new_!.length > old!.length) refuse("add");
  }
  return errors;
}
