/** What Deployments, ReplicaSets and their like share. */
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import { Selector } from "../../../api/meta/label_selector.ts";
import { checkPercent } from "../../../api/meta/names.ts";
import { goMap, goValue } from "../../../api/schema/go_value.ts";
import type { PodTemplateSpec } from "../../../api/types/core_v1.ts";
import type { LabelSelector } from "../../../api/types/meta_v1.ts";
import { checkText, labelSelector, labelSelectorAt, notNegative, requireNotNegative, requireOneOf } from "./checks.ts";
import { validatePodTemplate } from "./pod_validation.ts";
import { specPath } from "./scheduling_validation.ts";

const templatePath = specPath.child("template");

interface WorkloadSpec {
  readonly selector?: LabelSelector;
  readonly template?: PodTemplateSpec;
}

/** What kinds of workloads have of their own about selectors and templates. */
export interface WorkloadRules {
  readonly needsSelector: boolean;
  /** What the kind is called to whom selects all Pods; absent where that is allowed. */
  readonly empty?: string;
  /** What is said of a selector that cannot be understood besides its faults, with the template left unchecked; absent where neither is done. */
  readonly wrong?: string;
  /** Whose Pods never end, by its name in messages; absent where they do. */
  readonly endless?: string;
}

/** A controller whose Pods it does not select would make them without end. */
export function validateSelectorAndTemplate(
  { selector, template = { spec: { containers: [] } } }: WorkloadSpec,
  { needsSelector, empty, wrong, endless }: WorkloadRules,
  errors: FieldError[],
): void {
  const path = specPath.child("selector");
  if (selector === undefined && needsSelector) errors.push(FieldError.required(path));
  const compiled = selector === undefined ? Selector.nothing : labelSelectorAt(selector, path, errors);
  if (empty !== undefined && compiled?.isEmpty()) {
    const detail = `empty selector is invalid for ${empty}`;
    errors.push(FieldError.invalid(path, goValue(labelSelector, selector), detail));
  }
  if (compiled === undefined && wrong !== undefined) {
    errors.push(FieldError.invalid(path, goValue(labelSelector, selector), wrong));
    return;
  }
  // A selector that cannot be understood is no matter of the labels.
  if (compiled?.matches(template.metadata?.labels) === false) errors.push(notSelected(template));
  validateTemplate(template, endless, errors);
}

export function notSelected({ metadata }: PodTemplateSpec): FieldError {
  const detail = "`selector` does not match template `labels`";
  return FieldError.invalid(templatePath.child("metadata", "labels"), goMap(metadata?.labels), detail);
}

/** `endless` as in {@linkcode WorkloadRules}. */
export function validateTemplate(template: PodTemplateSpec, endless: string | undefined, errors: FieldError[]): void {
  validatePodTemplate(template, templatePath, errors);
  if (endless !== undefined) requireEndless(template, endless, errors);
}

/** `workload` as messages name it. */
export function requireEndless({ spec }: PodTemplateSpec, workload: string, errors: FieldError[]): void {
  requireOneOf(spec?.restartPolicy, templatePath.child("spec", "restartPolicy"), ["Always"], errors);
  if (spec?.activeDeadlineSeconds === undefined) return;
  const detail = `activeDeadlineSeconds in ${workload} is not Supported`;
  errors.push(FieldError.forbidden(templatePath.child("spec", "activeDeadlineSeconds"), detail));
}

export function selectorIsImmutable(now: WorkloadSpec, before: WorkloadSpec): FieldError[] {
  return deepEqual(now.selector, before.selector)
    ? []
    : [FieldError.immutable(specPath.child("selector"), goValue(labelSelector, now.selector))];
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

/** Whether it comes to none. What is neither a percentage nor a number is told of elsewhere, and counts as none. */
export function isZero(value: number | string | undefined): boolean {
  return typeof value === "string" ? !(Number.parseInt(value) !== 0 && /^(\d+%|[-+]?\d+)$/.test(value)) : !value;
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
  const [count, old] = [status?.collisionCount, before?.collisionCount];
  return old === undefined || count !== undefined && count >= old
    ? []
    : [FieldError.invalid(root("status", "collisionCount"), count ?? 0, "cannot be decremented")];
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
