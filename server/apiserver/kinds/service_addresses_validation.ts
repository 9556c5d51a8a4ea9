/** What a Service's addresses and address families may be, and may become. */
import { FieldError } from "../../../api/meta/field.ts";
import type { ServiceSpec } from "../../../api/types/core_v1.ts";
import { checkLegacyIP, isDualStack } from "./addresses.ts";
import { checkText, requireOneOf, requireUnique } from "./checks.ts";
import { specPath } from "./scheduling_validation.ts";

const path = specPath.child("clusterIPs");
const familiesPath = specPath.child("ipFamilies");
const policyPath = specPath.child("ipFamilyPolicy");
const families = ["IPv4", "IPv6"];
const policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];

export function isHeadless({ clusterIPs = [] }: ServiceSpec): boolean {
  return clusterIPs.length === 1 && clusterIPs[0] === "None";
}

/** Addresses that were there before are taken as they are. */
export function validateClusterIPs(spec: ServiceSpec, before?: Readonly<ServiceSpec>): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.type === "ExternalName") return errors;
  const { clusterIP, clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec;
  if (clusterIP) {
    if (clusterIPs.length === 0) errors.push(FieldError.required(path));
    else if (clusterIPs[0] !== clusterIP) {
      errors.push(FieldError.invalid(path, clusterIPs, "first value must match `clusterIP`"));
    }
  } else if (clusterIPs.length > 0) {
    errors.push(FieldError.invalid(path, clusterIPs, "must be empty when `clusterIP` is not specified"));
  }
  for (const [index, family] of ipFamilies.entries()) {
    requireOneOf(family, familiesPath.index(index), families, errors);
  }
  requireUnique(ipFamilies.map((family, index) => [family, familiesPath.index(index)] as const), errors);
  requireOneOf(ipFamilyPolicy, policyPath, policies, errors);
  const found = errors.length;
  for (const [index, ip] of clusterIPs.entries()) {
    if (index === 0 && ip === "None") {
      if (clusterIPs.length > 1) {
        errors.push(FieldError.invalid(path, clusterIPs, "'None' must be the first and only value"));
      }
    } else if (!before?.clusterIPs?.includes(ip)) checkText(ip, path.index(index), checkLegacyIP, errors);
  }
  const areAddresses = errors.length === found;
  if (clusterIPs.length > 2) errors.push(FieldError.invalid(path, clusterIPs, "may only hold up to 2 values"));
  if (!areAddresses) return errors;
  if (clusterIPs.length > 1 && !isDualStack(clusterIPs)) {
    errors.push(FieldError.invalid(path, clusterIPs, "may specify no more than one IP for each IP family"));
  }
  if (!isHeadless(spec)) requireFamilies(clusterIPs, ipFamilies, errors);
  return errors;
}

function requireFamilies(ips: readonly string[], wanted: readonly string[], errors: FieldError[]): void {
  for (const [index, ip] of ips.entries()) {
    const family = wanted[index];
    if (!family || !families.includes(family) || (family === "IPv6") === ip.includes(":")) continue;
    const detail = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
    errors.push(FieldError.invalid(path.index(index), ip, detail));
  }
}

/** The first address and family stay for a Service's life, unless it is or becomes the name of something outside. */
export function validateClusterIPsUpdate(spec: ServiceSpec, before: ServiceSpec): FieldError[] {
  if (spec.type === "ExternalName" || before.type === "ExternalName") return [];
  const headless = [isHeadless(spec), isHeadless(before)];
  const errors: FieldError[] = [];
  if (!headless.every(Boolean)) requireKept(spec, "clusterIPs", before, errors);
  if (!headless.some(Boolean)) requireKept(spec, "ipFamilies", before, errors);
  return errors;
}

const nouns = { clusterIPs: "clusterIP", ipFamilies: "ipFamily" } as const;

function requireKept(
  spec: ServiceSpec,
  field: "clusterIPs" | "ipFamilies",
  before: ServiceSpec,
  errors: FieldError[],
): void {
  const [now = [], then = []] = [spec[field], before[field]];
  const at = specPath.child(field);
  const changed = "may not change once set";
  if (now.length === then.length) {
    for (const [index, value] of then.entries()) {
      // Upstream names the first family, whichever has changed.
      const where = at.index(field === "clusterIPs" ? index : 0);
      if (value !== now[index]) errors.push(FieldError.invalid(where, now, changed));
    }
    return;
  }
  if (then.length > now.length && !spec.clusterIPs?.length) {
    errors.push(FieldError.invalid(at.index(0), now, `primary ${nouns[field]} can not be unset`));
  }
  if (then.length > 0 && now.length > 0 && now[0] !== then[0]) {
    errors.push(FieldError.invalid(at.index(0), spec.clusterIPs, changed));
  }
  if (then.length > now.length && now.length === 1 && spec.ipFamilyPolicy !== "SingleStack") {
    const detail = `must be set to 'SingleStack' when releasing the secondary ${nouns[field]}`;
    errors.push(FieldError.invalid(policyPath, spec.ipFamilyPolicy ?? null, detail));
  }
}
