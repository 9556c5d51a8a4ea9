/** What Deployments, ReplicaSets and their like share. */
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import { checkPercent } from "../../../api/meta/names.ts";
import type { PodTemplateSpec } from "../../../api/types/core_v1.ts";
import type { LabelSelector } from "../../../api/types/meta_v1.ts";
import { checkText, labelSelectorAt, notNegative, requireNotNegative, requireOneOf } from "./checks.ts";
import { validatePodTemplate } from "./pod_validation.ts";
import { specPath } from "./scheduling_validation.ts";

interface WorkloadSpec {
  readonly selector?: LabelSelector;
  readonly template?: PodTemplateSpec;
}

/** A controller whose Pods it does not select would make them without end. Its kind checks restart policies that are not given here. */
export function validateSelectorAndTemplate(
  { selector, template = { spec: { containers: [] } } }: WorkloadSpec,
  workload: string,
  restartPolicies: readonly string[] | undefined,
  errors: FieldError[],
): void {
  const path = specPath.child("selector");
  if (selector === undefined) errors.push(FieldError.required(path));
  const compiled = labelSelectorAt(selector, path, errors);
  if (compiled?.isEmpty()) {
    errors.push(FieldError.invalid(path, selector, `empty selector is invalid for ${workload}`));
  }
  const labels = template.metadata?.labels;
  // Without a selector nothing is selected.
  if (selector === undefined || compiled && !compiled.isEmpty() && !compiled.matches(labels)) {
    const detail = "`selector` does not match template `labels`";
    errors.push(FieldError.invalid(specPath.child("template", "metadata", "labels"), labels ?? null, detail));
  }
  validateTemplate(template, restartPolicies, errors);
}

export function validateTemplate(
  template: PodTemplateSpec,
  restartPolicies: readonly string[] | undefined,
  errors: FieldError[],
): void {
  const path = specPath.child("template");
  validatePodTemplate(template, path, errors);
  if (restartPolicies === undefined) return;
  requireOneOf(template.spec?.restartPolicy, path.child("spec", "restartPolicy"), restartPolicies, errors);
}

export function selectorIsImmutable(now: WorkloadSpec, before: WorkloadSpec): FieldError[] {
  return deepEqual(now.selector, before.selector)
    ? []
    : [FieldError.immutable(specPath.child("selector"), now.selector ?? null)];
}

/** A count, or a percentage. */
export function validateIntOrPercent(value: number | string | undefined, path: Path, errors: FieldError[]): void {
  if (typeof value === "string") checkText(value, path, checkPercent, errors);
  else if (value !== undefined && value < 0) errors.push(FieldError.invalid(path, value, notNegative));
}

export function requireNotMoreThanAll(value: number | string | undefined, path: Path, errors: FieldError[]): void {
  if (typeof value === "string" && checkPercent(value).length === 0 && Number.parseInt(value) > 100) {
    errors.push(FieldError.invalid(path, value, "must not be greater than 100%"));
  }
}

export function isZero(value: number | string | undefined): boolean {
  return value === 0 || value === "0%" || value === undefined;
}

/** Counts in a status, those of them that are a part of `replicas`, and the words for more available than ready. */
export interface StatusCounts {
  readonly all: readonly string[];
  readonly parts: readonly string[];
  readonly ready: string;
}

/** A status in which the counts contradict each other is a controller's mistake. */
export function validateStatusCounts(status: object | undefined, { all, parts, ready }: StatusCounts): FieldError[] {
  const counts = (status ?? {}) as Readonly<Record<string, number | undefined>>;
  const errors: FieldError[] = [];
  const path = root("status");
  const count = (field: string) => counts[field] ?? 0;
  for (const field of all) requireNotNegative(counts[field], path.child(field), errors);
  for (const field of parts) {
    if (count(field) <= count("replicas")) continue;
    errors.push(FieldError.invalid(path.child(field), count(field), "cannot be greater than status.replicas"));
  }
  if (parts.length > 0 && count("availableReplicas") > count("readyReplicas")) {
    const detail = `cannot be greater than ${ready}`;
    errors.push(FieldError.invalid(path.child("availableReplicas"), count("availableReplicas"), detail));
  }
  return errors;
}

interface WithCollisions {
  readonly status?: { readonly collisionCount?: number };
}

/** Names of what was made before are told apart by it. */
export function collisionsAreKept({ status }: WithCollisions, { status: before }: WithCollisions): FieldError[] {
  const count = status?.collisionCount ?? 0;
  return count >= (before?.collisionCount ?? 0)
    ? []
    : [FieldError.invalid(root("status", "collisionCount"), count, "cannot be decremented")];
}

/** Fields of the spec that count something. */
export function validateCounts<T extends object>(
  spec: T,
  fields: readonly (keyof T & string)[],
  errors: FieldError[],
): void {
  for (const field of fields) {
    const value = spec[field];
    if (typeof value === "number" && value < 0) {
      errors.push(FieldError.invalid(specPath.child(field), value, notNegative));
    }
  }
}
