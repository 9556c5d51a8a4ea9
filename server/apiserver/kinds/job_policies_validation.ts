/** What a Job says of Pods that fail, and of when it has succeeded. */
import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkQualifiedName } from "../../../api/meta/names.ts";
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from "../../../api/types/batch_v1.ts";
import { checkText, requireNotNegative } from "./checks.ts";
import { countIndexes, IndexesError } from "./job_indexes.ts";

const maxRules = 20;
const maxPatterns = 20;
const maxExitCodes = 255;
const maxIndexesLength = 64 * 1024;
const actions = ["Count", "FailIndex", "FailJob", "Ignore"];
const operators = ["In", "NotIn"];
const statuses = ["False", "True", "Unknown"];

export function validateFailurePolicy(spec: JobSpec, path: Path, errors: FieldError[]): void {
  const rules = spec.podFailurePolicy?.rules ?? [];
  requireAtMost(rules, maxRules, path.child("rules"), errors);
  for (const [index, rule] of rules.entries()) validateRule(spec, rule, path.child("rules").index(index), errors);
}

function validateRule(spec: JobSpec, rule: PodFailurePolicyRule, path: Path, errors: FieldError[]): void {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  requireChoice(action, path.child("action"), actions, errors);
  if (action === "FailIndex" && spec.backoffLimitPerIndex === undefined) {
    const detail = "requires the backoffLimitPerIndex to be set";
    errors.push(FieldError.invalid(path.child("action"), action, detail));
  }
  if (onExitCodes) validateExitCodes(spec, onExitCodes, path.child("onExitCodes"), errors);
  validatePatterns(onPodConditions, path.child("onPodConditions"), errors);
  const hasConditions = onPodConditions.length > 0;
  if (onExitCodes !== undefined && hasConditions) {
    const detail = "specifying both OnExitCodes and OnPodConditions is not supported";
    errors.push(FieldError.invalid(path, undefined, detail));
  } else if (onExitCodes === undefined && !hasConditions) {
    const detail = "specifying one of OnExitCodes and OnPodConditions is required";
    errors.push(FieldError.invalid(path, undefined, detail));
  }
}

function validateExitCodes(
  { template }: JobSpec,
  { operator, containerName, values }: PodFailurePolicyOnExitCodesRequirement,
  path: Path,
  errors: FieldError[],
): void {
  requireChoice(operator, path.child("operator"), operators, errors);
  const containers = [...template?.spec?.containers ?? [], ...template?.spec?.initContainers ?? []];
  if (containerName !== undefined && !containers.some(({ name }) => name === containerName)) {
    const detail = "must be one of the container or initContainer names in the pod template";
    errors.push(FieldError.invalid(path.child("containerName"), containerName, detail));
  }
  const at = path.child("values");
  const codes = values ?? [];
  if (codes.length === 0) errors.push(FieldError.invalid(at, values ?? null, "at least one value is required"));
  requireAtMost(codes, maxExitCodes, at, errors);
  for (const [index, code] of codes.entries()) {
    if (operator === "In" && code === 0) {
      errors.push(FieldError.invalid(at.index(index), code, "must not be 0 for the In operator"));
    }
    if (codes.indexOf(code) < index) errors.push(FieldError.duplicate(at.index(index), code));
  }
  if (codes.some((code, index) => index > 0 && codes[index - 1]! > code)) {
    errors.push(FieldError.invalid(at, codes, "must be ordered"));
  }
}

function validatePatterns(
  patterns: readonly PodFailurePolicyOnPodConditionsPattern[],
  path: Path,
  errors: FieldError[],
): void {
  requireAtMost(patterns, maxPatterns, path, errors);
  for (const [index, { type = "", status }] of patterns.entries()) {
    checkText(type, path.index(index).child("type"), checkQualifiedName, errors);
    requireChoice(status, path.index(index).child("status"), statuses, errors);
  }
}

/** Of a Job whose Pods are told apart by their index; it says how many there are. */
export function validateSuccessPolicy(spec: JobSpec, path: Path, errors: FieldError[]): void {
  const rules = spec.successPolicy?.rules ?? [];
  if (rules.length === 0) {
    const detail = "at least one rules must be specified when the successPolicy is specified";
    errors.push(FieldError.required(path.child("rules"), detail));
  }
  requireAtMost(rules, maxRules, path.child("rules"), errors);
  for (const [index, rule] of rules.entries()) {
    validateSuccessRule(rule, spec.completions ?? 0, path.child("rules").index(index), errors);
  }
}

function validateSuccessRule(rule: SuccessPolicyRule, completions: number, path: Path, errors: FieldError[]): void {
  const { succeededIndexes: indexes, succeededCount: count } = rule;
  if (indexes === undefined && count === undefined) {
    errors.push(FieldError.required(path, "at least one of succeededCount or succeededIndexes must be specified"));
  }
  const total = indexes === undefined
    ? undefined
    : indexesAt(indexes, completions, path.child("succeededIndexes"), errors);
  if (count === undefined) return;
  const at = path.child("succeededCount");
  requireNotNegative(count, at, errors);
  for (
    const [limit, of] of [[completions, "specified completions"], [
      total,
      "indexes in the specified succeededIndexes field",
    ]] as const
  ) {
    if (limit === undefined || count <= limit) continue;
    errors.push(FieldError.invalid(at, count, `must be less than or equal to ${limit} (the number of ${of})`));
  }
}

/** How many they are: none, with an error, when they cannot be understood. */
function indexesAt(text: string, completions: number, path: Path, errors: FieldError[]): number {
  if (text.length > maxIndexesLength) errors.push(FieldError.tooLong(path, maxIndexesLength));
  try {
    return countIndexes(text, completions);
  } catch (error) {
    if (!(error instanceof IndexesError)) throw error;
    errors.push(FieldError.invalid(path, text, `error parsing succeededIndexes: ${error.message}`));
    return 0;
  }
}

/** Upstream tells the choices of an absent value otherwise than those of a wrong one. */
function requireChoice(value: string | undefined, path: Path, choices: readonly string[], errors: FieldError[]): void {
  if (!value) {
    errors.push(FieldError.required(path, `valid values: [${choices.map((choice) => `"${choice}"`).join(" ")}]`));
  } else if (!choices.includes(value)) errors.push(FieldError.notSupported(path, value, choices));
}

function requireAtMost(list: readonly unknown[], limit: number, path: Path, errors: FieldError[]): void {
  if (list.length > limit) errors.push(FieldError.tooMany(path, list.length, limit));
}
