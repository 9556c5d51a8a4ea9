import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkQualifiedName } from "../../../api/meta/names.ts";
import type { Quantity } from "../../../api/meta/quantity.ts";
import type { LimitRange, LimitRangeItem } from "../../../api/types/core_v1.ts";
import { quantityAt, requireUnique } from "./checks.ts";
import { containerNameErrors, mayBeOvercommitted, nameErrors } from "./resources_validation.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

const types: readonly string[] = ["Pod", "Container", "PersistentVolumeClaim"];
const fields = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] as const;

type Field = (typeof fields)[number];
/** The item's amounts of one resource. */
type Amounts = Readonly<Partial<Record<Field, Quantity>>>;

/** Pairs of which the first may not exceed the second, and the one of them that is wrong then. */
const orders: readonly (readonly [Field, Field, at: Field, value: Field, lower: string, upper: string])[] = [
  ["min", "max", "min", "min", "min", "max"],
  ["min", "defaultRequest", "defaultRequest", "defaultRequest", "min", "default request"],
  ["defaultRequest", "max", "defaultRequest", "defaultRequest", "default request", "max"],
  ["defaultRequest", "default", "defaultRequest", "defaultRequest", "default request", "default limit"],
  ["min", "default", "default", "min", "min", "default"],
  ["default", "max", "default", "max", "default", "max"],
];

export const limitRangeStrategy: Strategy<LimitRange> = {
  createsOnUpdate: true,
  defaults({ spec }) {
    for (const item of spec.limits ?? []) {
      if (item.type !== "Container") continue;
      item.default = { ...item.max, ...item.default };
      item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest };
      if (Object.keys(item.default).length === 0) delete item.default;
      if (Object.keys(item.defaultRequest).length === 0) delete item.defaultRequest;
    }
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    const path = specPath.child("limits");
    const items = spec.limits ?? [];
    requireUnique(items.map(({ type }, i) => [type, path.index(i).child("type")] as const), errors);
    for (const [index, item] of items.entries()) validateItem(item, path.index(index), errors);
    return errors;
  },
};

function validateItem(item: LimitRangeItem, path: Path, errors: FieldError[]): void {
  const { type = "" } = item;
  const problems = checkQualifiedName(type);
  if (problems.length === 0 && !type.includes("/") && !types.includes(type)) {
    problems.push("must be a standard limit type or fully qualified");
  }
  for (const detail of problems) errors.push(FieldError.invalid(path.child("type"), type, detail));
  const forbidden: readonly Field[] = type === "Pod" ? ["default", "defaultRequest"] : [];
  for (const field of forbidden) {
    if (Object.keys(item[field] ?? {}).length === 0) continue;
    errors.push(FieldError.forbidden(path.child(field), "may not be specified when `type` is 'Pod'"));
  }
  if (
    item.type === "PersistentVolumeClaim" && item.min?.["storage"] === undefined && item.max?.["storage"] === undefined
  ) {
    const detail = "either minimum or maximum storage value is required, but neither was provided";
    errors.push(FieldError.required(path.child("limits"), detail));
  }
  const byName = new Map<string, Partial<Record<Field, Quantity>>>();
  const checkName = type === "Pod" || type === "Container" ? containerNameErrors : nameErrors;
  for (const field of fields) {
    if (forbidden.includes(field)) continue;
    for (const [name, text] of Object.entries(item[field] ?? {})) {
      errors.push(...checkName(name, path.child(field).key(name)));
      const quantity = quantityAt(text, path.child(field).key(name), errors);
      if (quantity) byName.set(name, { ...byName.get(name), [field]: quantity });
    }
  }
  for (const [name, amounts] of byName) validateAmounts(name, amounts, path, errors);
}

function validateAmounts(name: string, amounts: Amounts, path: Path, errors: FieldError[]): void {
  const report = (field: Field, value: Quantity, detail: string) =>
    errors.push(FieldError.invalid(path.child(field).key(name), value.toString(), detail));
  for (const [low, high, at, value, lower, upper] of orders) {
    const [a, b] = [amounts[low], amounts[high]];
    if (!a || !b || a.compare(b) <= 0) continue;
    report(at, amounts[value]!, `${lower} value ${a} is greater than ${upper} value ${b}`);
  }
  const { min, max, maxLimitRequestRatio: ratio } = amounts;
  if (ratio && ratio.milliValue() < 1000) report("maxLimitRequestRatio", ratio, `ratio ${ratio} is less than 1`);
  if (ratio && min && max && !min.isZero()) {
    const limit = max.milliValue() / min.milliValue();
    if (ratio.milliValue() / 1000 > limit) {
      report("maxLimitRequestRatio", ratio, `ratio ${ratio} is greater than max/min = ${limit.toFixed(6)}`);
    }
  }
  const { default: byDefault, defaultRequest } = amounts;
  // These cannot be overcommitted.
  if (!mayBeOvercommitted(name) && byDefault && defaultRequest) {
    if (byDefault.equals(defaultRequest)) return;
    const detail = `default value ${byDefault} must equal to defaultRequest value ${defaultRequest} in ${name}`;
    report("defaultRequest", defaultRequest, detail);
  }
}
