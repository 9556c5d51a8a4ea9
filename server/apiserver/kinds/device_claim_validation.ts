/** What a ResourceClaim asks for. */
import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkDns1123Subdomain } from "../../../api/meta/names.ts";
import type {
  DeviceClaim,
  DeviceConstraint,
  DeviceRequest,
  DeviceSubRequest,
  ExactDeviceRequest,
} from "../../../api/types/resource_v1.ts";
import { checkText, requireOneOf, requireText } from "./checks.ts";
import {
  checkConfiguration,
  checkItems,
  checkSet,
  checkToleration,
  requireFullName,
  requireLabel,
} from "./device_checks.ts";
import { checkSelectors } from "./device_selectors.ts";

export const maxRequests = 32;
export const maxConfigurations = 32;
const maxConstraints = 32;
const maxAlternatives = 8;
const allocationModes = ["All", "ExactCount"];

/** The names of requests, with those of each one's alternatives, if there are any. */
export type RequestNames = ReadonlyMap<string, ReadonlySet<string>>;

export function requestNames({ requests = [] }: DeviceClaim): RequestNames {
  return new Map(
    requests.map(({ name = "", firstAvailable = [] }) => [name, new Set(firstAvailable.map(({ name = "" }) => name))]),
  );
}

export function validateDeviceClaim(claim: DeviceClaim, path: Path, errors: FieldError[]): void {
  const names = requestNames(claim);
  checkSet(claim.requests, maxRequests, path.child("requests"), errors, checkRequest, ({ name = "" }) => name);
  checkItems(claim.constraints, maxConstraints, path.child("constraints"), errors, (constraint, at) => {
    checkRequestNames(constraint.requests, names, at, errors);
    checkConstraint(constraint, at, errors);
  });
  checkItems(claim.config, maxConfigurations, path.child("config"), errors, (configuration, at) => {
    checkRequestNames(configuration.requests, names, at, errors);
    checkConfiguration(configuration, at, errors);
  });
}

function checkRequest({ name, exactly, firstAvailable = [] }: DeviceRequest, path: Path, errors: FieldError[]): void {
  requireLabel(name, path.child("name"), errors);
  const one = "exactly one of `exactly` or `firstAvailable` is required";
  if (exactly && firstAvailable.length > 0) {
    errors.push(FieldError.invalid(path, null, `${one}, but multiple fields are set`));
  } else if (exactly) checkWanted(exactly, path.child("exactly"), errors);
  else if (firstAvailable.length > 0) {
    checkSet(
      firstAvailable,
      maxAlternatives,
      path.child("firstAvailable"),
      errors,
      checkAlternative,
      ({ name = "" }) => name,
    );
  } else errors.push(FieldError.required(path, one));
}

function checkAlternative(alternative: DeviceSubRequest, path: Path, errors: FieldError[]): void {
  requireLabel(alternative.name, path.child("name"), errors);
  checkWanted(alternative, path, errors);
}

function checkWanted(wanted: ExactDeviceRequest | DeviceSubRequest, path: Path, errors: FieldError[]): void {
  const { deviceClassName, selectors, allocationMode = "", count = 0, tolerations = [] } = wanted;
  if (requireText(deviceClassName, path.child("deviceClassName"), errors)) {
    checkText(deviceClassName, path.child("deviceClassName"), checkDns1123Subdomain, errors);
  }
  checkSelectors(selectors, path.child("selectors"), errors);
  requireOneOf(allocationMode, path.child("allocationMode"), allocationModes, errors);
  if (allocationMode === "All" && count !== 0) {
    const detail = "must not be specified when allocationMode is 'All'";
    errors.push(FieldError.invalid(path.child("count"), count, detail));
  } else if (allocationMode === "ExactCount" && count <= 0) {
    errors.push(FieldError.invalid(path.child("count"), count, "must be greater than zero"));
  }
  for (const [index, toleration] of tolerations.entries()) {
    checkToleration(toleration, path.child("tolerations").index(index), errors);
  }
}

function checkConstraint(
  { matchAttribute, distinctAttribute }: DeviceConstraint,
  path: Path,
  errors: FieldError[],
): void {
  if (matchAttribute !== undefined) requireFullName(matchAttribute, path.child("matchAttribute"), errors);
  else if (distinctAttribute !== undefined) requireFullName(distinctAttribute, path.child("distinctAttribute"), errors);
  else {
    // Upstream's words, though nothing is set.
    const detail = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set';
    errors.push(FieldError.required(path, detail));
  }
}

/** To which requests something applies. */
export function checkRequestNames(
  requests: readonly string[] | undefined,
  names: RequestNames,
  path: Path,
  errors: FieldError[],
): void {
  const check = (name: string, at: Path) => requireRequestName(name, names, at, errors);
  checkSet(requests, maxRequests, path.child("requests"), errors, check, (name) => name);
}

/** `request`, or `request/alternative`. */
export function requireRequestName(name: string, names: RequestNames, path: Path, errors: FieldError[]): void {
  const [request = "", alternative, ...more] = name.split("/");
  if (more.length === 0) {
    requireLabel(request, path, errors);
    if (alternative !== undefined) requireLabel(alternative, path, errors);
    const alternatives = names.get(request);
    if (alternatives && (alternative === undefined || alternatives.has(alternative))) return;
  }
  const detail =
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
  errors.push(FieldError.invalid(path, name, detail));
}
