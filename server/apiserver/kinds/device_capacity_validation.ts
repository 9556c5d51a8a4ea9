/** How much of a device one claim may ask for, when several share it. */
import { FieldError, type Path } from "../../../api/meta/field.ts";
import { Quantity } from "../../../api/meta/quantity.ts";
import type { CapacityRequestPolicy, CapacityRequestPolicyRange } from "../../../api/types/resource_v1.ts";
import { checkSet } from "./device_checks.ts";

const maxValidValues = 10;

/** `capacity` is a quantity, as all others here: what is none was refused before. */
export function checkRequestPolicy(
  { default: usual, validValues = [], validRange }: CapacityRequestPolicy,
  capacity: string,
  path: Path,
  errors: FieldError[],
): void {
  const needed = (by: string) =>
    errors.push(FieldError.required(path.child("default"), `required when ${by} is defined`));
  if (validValues.length > 0 && validRange) {
    const both = 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time';
    errors.push(FieldError.forbidden(path, both));
  } else if (validValues.length > 0) {
    if (usual === undefined) needed("validValues");
    else checkValues(usual, capacity, validValues, path.child("validValues"), errors);
  } else if (validRange) {
    if (usual === undefined) needed("validRange");
    else checkRange(usual, capacity, validRange, path.child("validRange"), errors);
  }
}

function checkValues(
  usual: string,
  capacity: string,
  values: readonly string[],
  path: Path,
  errors: FieldError[],
): void {
  const [most, expected, ...options] = [capacity, usual, ...values].map((text) => Quantity.parse(text)) as [
    Quantity,
    Quantity,
    ...Quantity[],
  ];
  for (const [index, option] of options.entries()) {
    if (index === 0 || options[index - 1]!.compare(option) <= 0) continue;
    errors.push(FieldError.invalid(path.index(index), String(option), "values must be sorted in ascending order"));
  }
  checkSet(options, maxValidValues, path, errors, (option, at) => {
    if (option.compare(most) <= 0) return;
    errors.push(FieldError.invalid(at, String(option), `option is larger than capacity value: ${most}`));
  }, (option) => String(option.value()));
  const isFound = options.length <= maxValidValues && options.some((option) => option.equals(expected));
  if (isFound) return;
  errors.push(FieldError.invalid(path, String(expected), "default value is not valid according to the requestPolicy"));
}

function checkRange(
  usual: string,
  capacity: string,
  { min, max, step }: CapacityRequestPolicyRange,
  path: Path,
  errors: FieldError[],
): void {
  if (min === undefined) {
    errors.push(FieldError.required(path.child("min"), "required when validRange is defined"));
    return;
  }
  const refuse = (field: string, value: Quantity, detail: string) =>
    errors.push(FieldError.invalid(path.child(field), String(value), detail));
  const [expected, whole, least] = [usual, capacity, min].map((text) => Quantity.parse(text)) as [
    Quantity,
    Quantity,
    Quantity,
  ];
  const most = max === undefined ? undefined : Quantity.parse(max);
  if (least.compare(whole) > 0) refuse("min", least, `min is larger than capacity value: ${whole}`);
  if (expected.compare(least) < 0) refuse("min", expected, `default is less than min: ${least}`);
  if (most) {
    if (least.compare(most) > 0) refuse("max", least, `min is larger than max: ${most}`);
    if (most.compare(whole) > 0) refuse("max", most, `max is larger than capacity value: ${whole}`);
    if (expected.compare(most) > 0) refuse("max", expected, `default is more than max: ${most}`);
  }
  if (step === undefined) return;
  const by = Quantity.parse(step);
  const next = least.add(by);
  if (next.compare(whole) > 0) refuse("step", by, `one step ${next} is larger than capacity value: ${whole}`);
  for (const value of most ? [expected, most] : [expected]) {
    if ((value.value() - least.value()) % by.value() === 0) continue;
    refuse("step", value, `value is not a multiple of a given step (${by}) from (${least})`);
  }
}
