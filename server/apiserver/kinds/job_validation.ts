import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkDns1123Subdomain } from "../../../api/meta/names.ts";
import { goValue } from "../../../api/schema/go_value.ts";
import type { JobSpec } from "../../../api/types/batch_v1.ts";
import { checkText, requireNotNegative, requireOneOf, requireText } from "./checks.ts";
import { validateFailurePolicy, validateSuccessPolicy } from "./job_policies_validation.ts";

const counts = [
  "parallelism",
  "completions",
  "activeDeadlineSeconds",
  "backoffLimit",
  "ttlSecondsAfterFinished",
  "backoffLimitPerIndex",
  "maxFailedIndexes",
] as const;
const maxIndexes = 100_000;
/** Of Pods at once and of failed indexes, where more than `maxIndexes` completions are counted one by one. */
const maxOfMany = 10_000;
const maxManager = 63;

/** All of a Job's spec but its template and selector. */
export function validateJobSettings(spec: JobSpec, path: Path, errors: FieldError[]): void {
  for (const field of counts) requireNotNegative(spec[field], path.child(field), errors);
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    errors.push(FieldError.required(path.child("backoffLimitPerIndex"), "when maxFailedIndexes is specified"));
  }
  if (spec.managedBy !== undefined) validateManager(spec.managedBy, path.child("managedBy"), errors);
  const { completionMode: mode = "NonIndexed" } = spec;
  requireOneOf(mode, path.child("completionMode"), ["NonIndexed", "Indexed"], errors);
  if (mode === "Indexed") validateIndexed(spec, path, errors);
  if (mode === "NonIndexed") {
    for (const field of ["backoffLimitPerIndex", "maxFailedIndexes"] as const) {
      if (spec[field] === undefined) continue;
      errors.push(FieldError.invalid(path.child(field), spec[field], "requires indexed completion mode"));
    }
  }
  if (spec.podFailurePolicy) validateFailurePolicy(spec, path.child("podFailurePolicy"), errors);
  if (spec.successPolicy) {
    const at = path.child("successPolicy");
    // Without completions, of which it is told above, no index is right or wrong.
    if (mode === "Indexed" && spec.completions !== undefined) validateSuccessPolicy(spec, at, errors);
    else if (mode !== "Indexed") {
      const policy = goValue("io.k8s.api.batch.v1.SuccessPolicy", spec.successPolicy);
      errors.push(FieldError.invalid(at, policy, "requires indexed completion mode"));
    }
  }
  const policies = spec.podFailurePolicy ? ["Failed"] : ["Failed", "TerminatingOrFailed"];
  requireOneOf(spec.podReplacementPolicy, path.child("podReplacementPolicy"), policies, errors);
}

/** A Job's Pods come to an end; those that a failure policy judges do so at their first failure. */
export function validateJobRestartPolicy(spec: JobSpec, path: Path, errors: FieldError[]): void {
  const at = path.child("template", "spec", "restartPolicy");
  const policy = spec.template?.spec?.restartPolicy || "Always";
  if (policy === "Always") errors.push(FieldError.required(at, 'valid values: "OnFailure", "Never"'));
  else requireOneOf(policy, at, ["OnFailure", "Never"], errors);
  if (policy === "OnFailure" && spec.podFailurePolicy) {
    errors.push(FieldError.invalid(at, policy, 'only "Never" is supported when podFailurePolicy is specified'));
  }
}

function validateIndexed(spec: JobSpec, path: Path, errors: FieldError[]): void {
  const { completions, maxFailedIndexes, backoffLimitPerIndex } = spec;
  const atMost = (field: "parallelism" | "maxFailedIndexes", limit: number, when = "") => {
    if ((spec[field] ?? 0) <= limit) return;
    errors.push(FieldError.invalid(path.child(field), spec[field], `must be less than or equal to ${limit}${when}`));
  };
  if (completions === undefined) {
    errors.push(FieldError.required(path.child("completions"), "when completion mode is Indexed"));
  }
  atMost("parallelism", maxIndexes, " when completion mode is Indexed");
  if (maxFailedIndexes !== undefined && completions !== undefined && maxFailedIndexes > completions) {
    const detail = "must be less than or equal to completions";
    errors.push(FieldError.invalid(path.child("maxFailedIndexes"), maxFailedIndexes, detail));
  }
  atMost("maxFailedIndexes", maxIndexes);
  if (completions === undefined || completions <= maxIndexes || backoffLimitPerIndex === undefined) return;
  if (maxFailedIndexes === undefined) {
    const detail = `must be specified when completions is above ${maxIndexes}`;
    errors.push(FieldError.required(path.child("maxFailedIndexes"), detail));
  }
  const when = ` when completions are above ${maxIndexes} and used with backoff limit per index`;
  atMost("parallelism", maxOfMany, when);
  atMost("maxFailedIndexes", maxOfMany, when);
}

/** The name of a controller: a domain and a path below it. */
function validateManager(name: string, path: Path, errors: FieldError[]): void {
  if (requireText(name, path, errors)) {
    const slash = name.indexOf("/");
    const [host, rest] = [name.slice(0, slash), name.slice(slash + 1)];
    if (slash < 1 || rest === "") {
      errors.push(FieldError.invalid(path, name, 'must be a domain-prefixed path (such as "acme.io/foo")'));
    } else {
      checkText(host, path, checkDns1123Subdomain, errors);
      checkText(rest, path, checkUrlPath, errors);
    }
  }
  if (name.length > maxManager) errors.push(FieldError.tooLong(path, maxManager));
}

function checkUrlPath(text: string): string[] {
  const allowed = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
  return new RegExp(`^${allowed}$`).test(text) ? [] : [`Invalid path (regex used for validation is '${allowed}')`];
}
