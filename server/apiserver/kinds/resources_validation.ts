import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkDns1123Label, checkQualifiedName } from "../../../api/meta/names.ts";
import { Quantity, QuantityError } from "../../../api/meta/quantity.ts";
import { COMPUTE_RESOURCES, COUNTED_RESOURCES } from "../../../api/meta/quota_resources.ts";
import { isPodLevel, podLimits, podRequests } from "../../../api/meta/resources.ts";
import type { PodSpec, ResourceClaim, ResourceRequirements } from "../../../api/types/core_v1.ts";
import { checkText, notNegative, own, quantityAt } from "./checks.ts";

const ofContainers: ReadonlySet<string> = new Set(["cpu", "memory", "ephemeral-storage"]);
/** Names without a domain that a quota or another kind counts by. */
const standard: ReadonlySet<string> = new Set([
  ...COMPUTE_RESOURCES,
  ...COUNTED_RESOURCES,
  "storage",
  "requests.storage",
]);

/** What a container asks for and is limited to. `claims` are the names that its Pod gives its ResourceClaims. */
export function validateResources(
  resources: ResourceRequirements | undefined,
  path: Path,
  errors: FieldError[],
  claims: readonly string[] = [],
): void {
  validateRequirements(resources ?? {}, containerNameErrors, path, errors);
  validateClaims(resources?.claims ?? [], claims, path.child("claims"), errors);
}

/** What is stated for the Pod as a whole: no less than its containers request, and no less than the limit of each. */
export function validatePodResources(spec: PodSpec, path: Path, errors: FieldError[]): void {
  const { resources } = spec;
  if (!resources) return;
  const at = path.child("resources");
  if (spec.os?.name === "windows") {
    errors.push(FieldError.forbidden(at, "may not be set for a windows pod"));
    return;
  }
  if (resources.claims) {
    errors.push(FieldError.forbidden(at.child("claims"), "claims may not be set for Resources at pod-level"));
  }
  validateRequirements(resources, podNameErrors, at, errors);
  const claims = (spec.resourceClaims ?? []).flatMap(({ name }) => name ? [name] : []);
  validateClaims(resources.claims ?? [], claims, at.child("claims"), errors);
  // What is no quantity has been told of.
  if (!areReadable(spec)) return;
  const { resources: _, overhead: __, ...parts } = spec;
  const pod = { metadata: {}, spec: { ...parts, containers: parts.containers ?? [] } };
  for (const [name, sum] of podRequests(pod)) {
    const stated = own(resources.requests ?? {}, name);
    if (stated === undefined || sum.compare(Quantity.parse(stated)) <= 0) continue;
    const detail = `must be greater than or equal to aggregate container requests of ${sum}`;
    errors.push(FieldError.invalid(at.child("requests").key(name), stated, detail));
  }
  for (const [name, sum] of podLimits(pod)) {
    const stated = own(resources.limits ?? {}, name);
    if (!isHugePages(name) || stated === undefined || sum.compare(Quantity.parse(stated)) <= 0) continue;
    const detail = `must be greater than or equal to aggregate container limits of ${sum}`;
    errors.push(FieldError.invalid(at.child("limits").key(name), stated, detail));
  }
  for (const [index, container] of pod.spec.containers.entries()) {
    for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
      const stated = own(resources.limits ?? {}, name);
      if (stated === undefined || Quantity.parse(limit).compare(Quantity.parse(stated)) <= 0) continue;
      // The path is upstream's, though no such field exists.
      const odd = at.child("containers").index(index).key(name).child("limits");
      errors.push(FieldError.invalid(odd, limit, `must be less than or equal to pod limits of ${stated}`));
    }
  }
}

function areReadable({ containers = [], initContainers = [], resources: whole = {} }: PodSpec): boolean {
  try {
    for (const { resources = {} } of [...containers, ...initContainers, { resources: whole }]) {
      for (const text of Object.values({ ...resources.limits })) Quantity.parse(text);
      for (const text of Object.values({ ...resources.requests })) Quantity.parse(text);
    }
    return true;
  } catch (error) {
    if (error instanceof QuantityError) return false;
    throw error;
  }
}

function validateRequirements(
  { limits = {}, requests = {} }: ResourceRequirements,
  nameErrors: (name: string, path: Path) => FieldError[],
  path: Path,
  errors: FieldError[],
): void {
  const limitsPath = path.child("limits");
  const requestsPath = path.child("requests");
  const amountAt = (name: string, text: string, at: Path) => {
    errors.push(...nameErrors(name, at.key(name)));
    return validateAmount(name, text, at.key(name), errors);
  };
  for (const [name, text] of Object.entries(limits)) {
    const limit = amountAt(name, text, limitsPath);
    if (limit) validatePages(name, limit, text, limitsPath.key(name), errors);
  }
  for (const [name, text] of Object.entries(requests)) {
    const request = amountAt(name, text, requestsPath);
    const stated = own(limits, name);
    const limit = stated === undefined ? undefined : quantityAt(stated, limitsPath.key(name), []);
    const mayExceed = mayBeOvercommitted(name);
    if (request && limit) {
      const order = request.compare(limit);
      const relation = order !== 0 && !mayExceed ? "equal to" : order > 0 ? "less than or equal to" : undefined;
      if (relation) {
        errors.push(FieldError.invalid(requestsPath, text, `must be ${relation} ${name} limit of ${limit}`));
      }
    } else if (request && stated === undefined && !mayExceed) {
      errors.push(FieldError.required(limitsPath, "Limit must be set for non overcommitable resources"));
    }
    if (request) validatePages(name, request, text, requestsPath.key(name), errors);
  }
  const names = Object.keys({ ...limits, ...requests });
  if (names.some(isHugePages) && !names.includes("cpu") && !names.includes("memory")) {
    errors.push(FieldError.forbidden(path, "HugePages require cpu or memory"));
  }
}

function validateAmount(name: string, text: string, path: Path, errors: FieldError[]): Quantity | undefined {
  const quantity = quantityAt(text, path, errors);
  if (quantity && quantity.sign() < 0) errors.push(FieldError.invalid(path, text, notNegative));
  else if (quantity && isExtendedResource(name) && quantity.milliValue() % 1000 !== 0) {
    errors.push(FieldError.invalid(path, text, "must be an integer"));
  }
  return quantity;
}

/** Pages come whole. */
function validatePages(name: string, quantity: Quantity, text: string, path: Path, errors: FieldError[]): void {
  if (!isHugePages(name)) return;
  const size = quantityAt(name.slice("hugepages-".length), path, [])?.value() ?? 0;
  if (size > 0 && quantity.value() % size === 0) return;
  errors.push(FieldError.invalid(path, text, `${text} is not positive integer multiple of ${name}`));
}

export function containerNameErrors(name: string, path: Path): FieldError[] {
  const errors = nameErrors(name, path);
  if (!name.includes("/")) {
    if (!ofContainers.has(name) && !isHugePages(name)) {
      errors.push(FieldError.invalid(path, name, "must be a standard resource for containers"));
    }
  } else if (!isNative(name) && !isExtendedResource(name)) {
    errors.push(FieldError.invalid(path, name, "doesn't follow extended resource name standard"));
  }
  return errors;
}

function podNameErrors(name: string, path: Path): FieldError[] {
  const errors = nameErrors(name, path);
  if (errors.length > 0 || isPodLevel(name)) return errors;
  return [FieldError.notSupported(path, name, ["cpu", "hugepages-", "memory"])];
}

/** Of any resource, whoever has it. */
export function nameErrors(name: string, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  checkText(name, path, checkQualifiedName, errors);
  if (
    errors.length === 0 && !name.includes("/") && !standard.has(name) && !isHugePages(name.replace(/^requests\./, ""))
  ) {
    errors.push(FieldError.invalid(path, name, "must be a standard resource type or fully qualified"));
  }
  return errors;
}

/** Devices and pages are there or not. */
export function mayBeOvercommitted(name: string): boolean {
  return isNative(name) && !isHugePages(name);
}

/** Whether it comes in ones, or may not be less than nothing. */
export function validateAmountOf(name: string, text: string, path: Path, errors: FieldError[]): void {
  const quantity = quantityAt(text, path, errors);
  if (!quantity) return;
  if (quantity.sign() < 0) errors.push(FieldError.invalid(path, text, notNegative));
  if (isCounted(name) && quantity.milliValue() % 1000 !== 0) {
    errors.push(FieldError.invalid(path, text, "must be an integer"));
  }
}

function isCounted(name: string): boolean {
  return COUNTED_RESOURCES.includes(name) || isExtendedResource(name);
}

function isHugePages(name: string): boolean {
  return name.startsWith("hugepages-");
}

function isNative(name: string): boolean {
  return !name.includes("/") || name.includes("kubernetes.io/");
}

/** A resource of somebody's own, which nodes or devices have. */
export function isExtendedResource(name: string): boolean {
  return !isNative(name) && !name.startsWith("requests.") && checkQualifiedName(`requests.${name}`).length === 0;
}

function validateClaims(
  claims: readonly ResourceClaim[],
  known: readonly string[],
  path: Path,
  errors: FieldError[],
): void {
  const seen = new Set<string>();
  for (const [index, { name, request }] of claims.entries()) {
    const at = path.index(index);
    if (!name) {
      errors.push(FieldError.required(at));
      continue;
    }
    const key = request ? `${name}/${request}` : name;
    if (seen.has(name)) errors.push(FieldError.duplicate(at, name));
    else {
      if (request) checkText(request, at.child("request"), checkDns1123Label, errors);
      if (seen.has(key)) errors.push(FieldError.duplicate(at, key));
      else if (!request) {
        // The whole of what was claimed in part before.
        for (const other of seen) if (other.startsWith(`${name}/`)) errors.push(FieldError.duplicate(at, name));
      }
      seen.add(key);
    }
    if (!known.includes(name)) {
      const names = known.length === 0 ? " which is empty" : `: ${[...known].sort().join(", ")}`;
      errors.push(FieldError.notFound(at, name, `must be one of the names in pod.spec.resourceClaims${names}`));
    }
  }
}
