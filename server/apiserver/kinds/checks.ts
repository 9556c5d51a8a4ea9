/** Checks that the validation of several kinds shares. Each adds what it finds to `errors`. */
import { FieldError, type Path } from "../../../api/meta/field.ts";
import { compileLabelSelector, type Selector, SelectorError } from "../../../api/meta/label_selector.ts";
import { checkLabelValue, checkPathSegmentName, checkQualifiedName } from "../../../api/meta/names.ts";
import { Quantity, QuantityError } from "../../../api/meta/quantity.ts";
import type { LabelSelector, LabelSelectorRequirement } from "../../../api/types/meta_v1.ts";

/** Adds one error for each thing that `check` finds wrong with the value. */
export function checkText(
  value: string,
  path: Path,
  check: (value: string) => string[],
  errors: FieldError[],
): void {
  for (const detail of check(value)) errors.push(FieldError.invalid(path, value, detail));
}

export function requireText(value: string | undefined, path: Path, errors: FieldError[], detail = ""): value is string {
  if (value) return true;
  errors.push(FieldError.required(path, detail));
  return false;
}

/** The value of a key that a client chose: it may be called `constructor`, which every object inherits. */
export function own<V>(map: Readonly<Record<string, V>>, key: string): V | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/** An absent value is no fault here. */
export function requireOneOf(
  value: string | undefined,
  path: Path,
  supported: readonly string[],
  errors: FieldError[],
): void {
  if (value !== undefined && !supported.includes(value)) errors.push(FieldError.notSupported(path, value, supported));
}

export const notNegative = "must be greater than or equal to 0";

export function requireNotNegative(value: number | undefined, path: Path, errors: FieldError[]): void {
  if (value !== undefined && value < 0) errors.push(FieldError.invalid(path, value, notNegative));
}

/** Undefined, and an error, for what is no quantity. */
export function quantityAt(text: string, path: Path, errors: FieldError[]): Quantity | undefined {
  try {
    return Quantity.parse(text);
  } catch (error) {
    if (!(error instanceof QuantityError)) throw error;
    errors.push(FieldError.invalid(path, text, error.message));
    return undefined;
  }
}

/** Its OpenAPI name, under which messages print it. */
export const labelSelector = "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector";

/** Undefined, with an error, for a selector that cannot be understood; undefined without one when it is absent. */
export function labelSelectorAt(
  source: LabelSelector | undefined,
  path: Path,
  errors: FieldError[],
): Selector | undefined {
  if (source === undefined) return undefined;
  const before = errors.length;
  for (const [key, value] of Object.entries(source.matchLabels ?? {})) {
    checkText(key, path.child("matchLabels"), checkQualifiedName, errors);
    checkText(value, path.child("matchLabels"), checkLabelValue, errors);
  }
  for (const [index, requirement] of (source.matchExpressions ?? []).entries()) {
    checkRequirement(requirement, path.child("matchExpressions").index(index), errors);
  }
  if (errors.length > before) return undefined;
  try {
    return compileLabelSelector(source);
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    errors.push(FieldError.invalid(path, source, error.message));
    return undefined;
  }
}

function checkRequirement(
  { key = "", operator = "", values = [] }: LabelSelectorRequirement,
  path: Path,
  errors: FieldError[],
): void {
  if (operator === "In" || operator === "NotIn") {
    if (values.length === 0) {
      errors.push(FieldError.required(path.child("values"), "must be specified when `operator` is 'In' or 'NotIn'"));
    }
  } else if (operator === "Exists" || operator === "DoesNotExist") {
    if (values.length > 0) {
      const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      errors.push(FieldError.forbidden(path.child("values"), detail));
    }
  } else errors.push(FieldError.invalid(path.child("operator"), operator, "not a valid selector operator"));
  checkText(key, path.child("key"), checkQualifiedName, errors);
  for (const [index, value] of values.entries()) {
    checkText(value, path.child("values").index(index), checkLabelValue, errors);
  }
}

/** One error for each value that came before. */
export function requireUnique(values: Iterable<readonly [string, Path]>, errors: FieldError[]): void {
  const seen = new Set<string>();
  for (const [value, path] of values) {
    if (seen.has(value)) errors.push(FieldError.duplicate(path, value));
    seen.add(value);
  }
}

/** A name that can stand in a URL. */
export function requirePathSegment(text: string | undefined, path: Path, errors: FieldError[]): void {
  if (requireText(text, path, errors)) checkText(text, path, checkPathSegmentName, errors);
}
