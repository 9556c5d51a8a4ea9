/** Checks that kinds of resource.k8s.io share. Each adds what it finds to `errors`. */
import { FieldError, type Path } from "../../../api/meta/field.ts";
import {
  checkCIdentifier,
  checkDns1123Label,
  checkDns1123Subdomain,
  checkLabelValue,
} from "../../../api/meta/names.ts";
import { checkQualifiedName } from "../../../api/meta/names.ts";
import type {
  DeviceClaimConfiguration,
  DeviceToleration,
  OpaqueDeviceConfiguration,
} from "../../../api/types/resource_v1.ts";
import { checkText, requireOneOf, requireText } from "./checks.ts";
import { requireDriverName } from "./volume_sources.ts";

const maxPoolName = 253;
const maxIdentifier = 32;
const maxBindingConditions = 4;
const maxRaw = 10 * 1024;

export const taintEffects: readonly string[] = ["NoExecute", "NoSchedule", "None"];

type ItemCheck<T> = (item: T, path: Path, errors: FieldError[]) => void;

/** Every item by itself; of a list that is too long nothing but that is told. False for such a one. */
export function checkItems<T>(
  items: readonly T[] | undefined,
  limit: number,
  path: Path,
  errors: FieldError[],
  check: ItemCheck<T>,
): boolean {
  const list = items ?? [];
  if (list.length > limit) {
    errors.push(FieldError.tooMany(path, list.length, limit));
    return false;
  }
  for (const [index, item] of list.entries()) check(item, path.index(index), errors);
  return true;
}

/** The same, and no two of them with the same key, whatever that is. */
export function checkSet<T>(
  items: readonly T[] | undefined,
  limit: number,
  path: Path,
  errors: FieldError[],
  check: ItemCheck<T>,
  keyOf: (item: T) => unknown,
): void {
  if (!items || !checkItems(items, limit, path, errors, check)) return;
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    const key = keyOf(item);
    const text = JSON.stringify(key);
    if (seen.has(text)) errors.push(FieldError.duplicate(path.index(index), key));
    seen.add(text);
  }
}

export function requireLabel(name: string | undefined, path: Path, errors: FieldError[]): void {
  checkText(name ?? "", path, checkDns1123Label, errors);
}

/** Subdomains, separated by slashes. */
export function requirePoolName(name: string | undefined, path: Path, errors: FieldError[]): void {
  if (!requireText(name, path, errors)) return;
  if (name.length > maxPoolName) errors.push(FieldError.tooLong(path, maxPoolName));
  for (const part of name.split("/")) checkText(part, path, checkDns1123Subdomain, errors);
}

/** `name` or `domain/name`; what has more slashes upstream lets pass. */
export function requireDeviceName(name: string, path: Path, errors: FieldError[]): void {
  const [first = "", second, ...more] = name.split("/");
  if (second === undefined) requireIdentifier(first, path, errors);
  else if (more.length === 0) {
    if (first === "") errors.push(FieldError.invalid(path, "", "the domain must not be empty"));
    else requireDriverName(first, path, errors);
    if (second === "") errors.push(FieldError.invalid(path, "", "the name must not be empty"));
    else requireIdentifier(second, path, errors);
  }
}

/** `domain/name`. */
export function requireFullName(name: string, path: Path, errors: FieldError[]): void {
  requireDeviceName(name, path, errors);
  if (name.includes("/")) return;
  const detail = "a fully qualified name must be a domain and a name separated by a slash";
  errors.push(FieldError.invalid(path, name, detail));
}

function requireIdentifier(name: string, path: Path, errors: FieldError[]): void {
  if (name.length > maxIdentifier) errors.push(FieldError.tooLong(path, maxIdentifier));
  checkText(name, path, checkCIdentifier, errors);
}

/** What a driver is told. `stored`: it is so already, and may be longer than it might be now. */
export function checkConfiguration(
  { opaque }: Pick<DeviceClaimConfiguration, "opaque">,
  path: Path,
  errors: FieldError[],
  stored = false,
): void {
  const at = path.child("opaque");
  if (opaque) checkOpaque(opaque, at, errors, stored);
  else errors.push(FieldError.required(at));
}

function checkOpaque(opaque: OpaqueDeviceConfiguration, path: Path, errors: FieldError[], stored: boolean): void {
  requireDriverName(opaque.driver, path.child("driver"), errors);
  requireObject(opaque.parameters, path.child("parameters"), errors, stored);
}

/** An object of any form, of limited size. */
export function requireObject(value: unknown, path: Path, errors: FieldError[], stored = false): void {
  if (value === undefined || value === null) errors.push(FieldError.required(path));
  else if (!stored && JSON.stringify(value).length > maxRaw) errors.push(FieldError.tooLong(path, maxRaw));
  else if (typeof value !== "object" || Array.isArray(value)) {
    errors.push(FieldError.invalid(path, "<value omitted>", "must be a valid JSON object"));
  }
}

export function checkToleration(
  { key, operator = "", value = "", effect }: DeviceToleration,
  path: Path,
  errors: FieldError[],
): void {
  if (key) checkText(key, path.child("key"), checkQualifiedName, errors);
  if (operator === "Exists") {
    if (value) errors.push(FieldError.invalid(path.child("value"), value, "must be empty for operator `Exists`"));
  } else if (operator === "Equal") checkText(value, path.child("value"), checkLabelValue, errors);
  else requireOneOf(operator, path.child("operator"), ["Equal", "Exists"], errors);
  requireOneOf(effect || undefined, path.child("effect"), taintEffects, errors);
}

/** Conditions that a device's Pod waits for: both kinds or none, each once. */
export function checkBindingConditions(
  { bindingConditions: good = [], bindingFailureConditions: bad = [] }: {
    readonly bindingConditions?: string[];
    readonly bindingFailureConditions?: string[];
  },
  path: Path,
  errors: FieldError[],
): void {
  const [goodPath, badPath] = [path.child("bindingConditions"), path.child("bindingFailureConditions")];
  const check = (name: string, at: Path) => checkText(name, at, checkQualifiedName, errors);
  checkItems(good, maxBindingConditions, goodPath, errors, check);
  checkItems(bad, maxBindingConditions, badPath, errors, check);
  for (const [list, at] of [[good, goodPath], [bad, badPath]] as const) {
    for (const [index, name] of list.entries()) {
      if (list.indexOf(name) < index) errors.push(FieldError.duplicate(at.index(index), name));
      if (list === bad && good.includes(name)) {
        const detail = "bindingFailureConditions must not overlap with bindingConditions";
        errors.push(FieldError.invalid(at.index(index), name, detail));
      }
    }
  }
  const pair = (missing: string, given: string) => `${missing} are required to use ${given}`;
  if (good.length === 0 && bad.length > 0) {
    errors.push(FieldError.invalid(goodPath, null, pair("bindingConditions", "bindingFailureConditions")));
  }
  if (bad.length === 0 && good.length > 0) {
    errors.push(FieldError.invalid(badPath, null, pair("bindingFailureConditions", "bindingConditions")));
  }
}
