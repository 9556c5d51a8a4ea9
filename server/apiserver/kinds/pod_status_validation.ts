import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import { checkDns1123Label, checkDns1123Subdomain, checkQualifiedName } from "../../../api/meta/names.ts";
import type {
  Container,
  ContainerStatus,
  Pod,
  PodCondition,
  PodExtendedResourceClaimStatus,
  PodResourceClaimStatus,
  PodSpec,
} from "../../../api/types/core_v1.ts";
import { validateAllocatedResources, validateUser } from "./container_status_validation.ts";
import { checkText, requireText } from "./checks.ts";
import { checkLegacyIP, isDualStack } from "./addresses.ts";
import { validatePodAnnotationUpdate } from "./pod_annotations.ts";

const path = root("status");
const systemConditions: ReadonlySet<string> = new Set(["PodScheduled", "Ready", "Initialized"]);
const notNegative = "must be a non-negative integer";

/** What is wrong with a status, and with what it makes of the one before. */
export function validatePodStatusUpdate(pod: Pod, old: Readonly<Pod>): FieldError[] {
  const errors = validatePodAnnotationUpdate(pod, old);
  const { spec } = pod;
  const [status, before] = [pod.status ?? {}, old.status ?? {}];
  validateConditions(status.conditions ?? [], errors);
  validateNomination(status.nominatedNodeName ?? "", before.nominatedNodeName ?? "", old, errors);
  if ((status.observedGeneration ?? 0) < 0) {
    errors.push(FieldError.invalid(path.child("observedGeneration"), status.observedGeneration, notNegative));
  }
  if ((status.qosClass ?? "") !== (before.qosClass ?? "")) {
    errors.push(FieldError.immutable(path.child("qosClass"), status.qosClass ?? ""));
  }
  for (const [list, specs] of containerLists) {
    validateTransitions(status[list] ?? [], before[list] ?? [], path.child(list), old.spec, specs(old.spec), errors);
  }
  validateClaims(status.resourceClaimStatuses ?? [], spec, path.child("resourceClaimStatuses"), errors);
  const extended = status.extendedResourceClaimStatus;
  if (extended) validateExtendedClaim(extended, spec, path.child("extendedResourceClaimStatus"), errors);
  validateIPs(status.podIPs ?? [], before.podIPs ?? [], path.child("podIPs"), errors);
  const [host] = status.hostIPs ?? [];
  if (host && host.ip !== status.hostIP) {
    errors.push(
      FieldError.invalid(path.child("hostIPs").index(0).child("ip"), host.ip ?? "", "must be equal to `hostIP`"),
    );
  }
  validateIPs(status.hostIPs ?? [], before.hostIPs ?? [], path.child("hostIPs"), errors);
  for (const [list] of containerLists) {
    for (const [index, { user }] of (status[list] ?? []).entries()) {
      const at = path.child(list).index(index).child("user", "linux");
      validateUser(user, spec.os?.name ?? "linux", at, errors);
    }
  }
  for (const [list, specs] of containerLists) {
    for (const [index, container] of (status[list] ?? []).entries()) {
      validateAllocatedResources(container, specs(spec), path.child(list).index(index), errors);
    }
  }
  return errors;
}

/** Whose definitions the statuses of a list are of. Ephemeral containers have no rules and no resources. */
const containerLists: readonly (readonly [
  "containerStatuses" | "initContainerStatuses" | "ephemeralContainerStatuses",
  (spec: PodSpec) => readonly Container[] | undefined,
])[] = [
  ["containerStatuses", ({ containers }) => containers],
  ["initContainerStatuses", ({ initContainers = [] }) => initContainers],
  ["ephemeralContainerStatuses", () => undefined],
];

function validateConditions(conditions: readonly PodCondition[], errors: FieldError[]): void {
  for (const [index, { type = "", observedGeneration = 0 }] of conditions.entries()) {
    const at = path.child("conditions").index(index);
    if (observedGeneration < 0) {
      errors.push(FieldError.invalid(at.child("observedGeneration"), observedGeneration, notNegative));
    }
    // Upstream writes it with a capital here.
    if (!systemConditions.has(type)) checkText(type, at.child("Type"), checkQualifiedName, errors);
  }
}

function validateNomination(now: string, before: string, { spec }: Readonly<Pod>, errors: FieldError[]): void {
  if (now === "" || now === before) return;
  const at = path.child("nominatedNodeName");
  checkText(now, at, checkDns1123Subdomain, errors);
  if (spec.nodeName) errors.push(FieldError.forbidden(at, "may not be set on pods that are already bound to a node"));
}

/** What has ended for good does not come back. */
function validateTransitions(
  now: readonly ContainerStatus[],
  before: readonly ContainerStatus[],
  at: Path,
  spec: PodSpec,
  containers: readonly Container[] | undefined,
  errors: FieldError[],
): void {
  if (containers && mayRestartAll(spec)) return;
  for (const [index, { name, state }] of before.entries()) {
    if (!state?.terminated || !now.some((status) => status.name === name && !status.state?.terminated)) continue;
    const container = containers?.find((one) => one.name === name);
    if (container && mayRestart(container, spec, state.terminated.exitCode ?? 0)) continue;
    const detail = "may not be transitioned to non-terminated state";
    errors.push(FieldError.forbidden(at.index(index).child("state"), detail));
  }
}

function mayRestartAll({ containers = [], initContainers = [] }: PodSpec): boolean {
  return [...initContainers, ...containers].some(({ restartPolicyRules = [] }) =>
    restartPolicyRules.some(({ action }) => action === "RestartAllContainers")
  );
}

const restartActions: ReadonlySet<string> = new Set(["Restart", "RestartAllContainers"]);

function mayRestart(container: Container, spec: PodSpec, exitCode: number): boolean {
  if (container.restartPolicy) {
    const rule = container.restartPolicyRules?.find(({ exitCodes }) => {
      const isListed = exitCodes?.values?.includes(exitCode) ?? false;
      return (exitCodes?.operator === "In" && isListed) || (exitCodes?.operator === "NotIn" && !isListed);
    });
    if (rule && restartActions.has(rule.action ?? "")) return true;
  }
  const policy = container.restartPolicy || spec.restartPolicy;
  return policy === "Never" ? false : policy === "OnFailure" ? exitCode !== 0 : true;
}

function validateClaims(
  statuses: readonly PodResourceClaimStatus[],
  { resourceClaims = [] }: PodSpec,
  at: Path,
  errors: FieldError[],
): void {
  const seen = new Set<string>();
  for (const [index, { name, resourceClaimName }] of statuses.entries()) {
    const one = at.index(index);
    if (!resourceClaims.some((claim) => claim.name === name)) {
      const detail = "must match the name of an entry in `spec.resourceClaims`";
      errors.push(FieldError.invalid(one.child("name"), name, detail));
    }
    if (seen.has(name)) errors.push(FieldError.duplicate(one.child("name"), name));
    seen.add(name);
    if (resourceClaimName !== undefined) {
      checkText(resourceClaimName, one.child("resourceClaimName"), checkDns1123Subdomain, errors);
    }
  }
}

function validateExtendedClaim(
  { requestMappings = [], resourceClaimName }: PodExtendedResourceClaimStatus,
  { containers, initContainers = [] }: PodSpec,
  at: Path,
  errors: FieldError[],
): void {
  const all = [...containers, ...initContainers];
  const mappings = at.child("requestMappings");
  if (requestMappings.length === 0) {
    errors.push(FieldError.required(mappings, "at least one request mapping is required"));
  }
  const seen = new Set<string>();
  for (const [index, { containerName, resourceName, requestName }] of requestMappings.entries()) {
    const one = mappings.index(index);
    const container = all.find(({ name }) => name === containerName);
    if (!container) {
      const detail = "must match the name of an entry in spec.initContainers.name or spec.containers.name";
      errors.push(FieldError.invalid(one.child("containerName"), containerName, detail));
    } else if (!Object.hasOwn(container.resources?.requests ?? {}, resourceName)) {
      const detail =
        "must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests";
      errors.push(FieldError.invalid(one.child("resourceName"), resourceName, detail));
    }
    checkText(requestName, at.child("requestName"), checkDns1123Label, errors);
    const key = JSON.stringify([containerName, resourceName, requestName]);
    if (seen.has(key)) {
      errors.push(FieldError.duplicate(one.child("containerName"), containerName));
      errors.push(FieldError.duplicate(one.child("resourceName"), resourceName));
      errors.push(FieldError.duplicate(one.child("requestName"), requestName));
    }
    seen.add(key);
  }
  const name = at.child("resourceClaimName");
  if (requireText(resourceClaimName, name, errors)) checkText(resourceClaimName, name, checkDns1123Subdomain, errors);
}

/** One of each family; what was wrong before the rules were made may stay. */
function validateIPs(
  now: readonly { readonly ip?: string }[],
  before: readonly { readonly ip?: string }[],
  at: Path,
  errors: FieldError[],
): void {
  const old = new Set(before.map(({ ip }) => ip ?? ""));
  const all = now.map(({ ip }) => ip ?? "");
  for (const [index, ip] of all.entries()) {
    if (!old.has(ip)) checkText(ip, at.index(index), checkLegacyIP, errors);
  }
  if (all.length > 1 && (all.length > 2 || !isDualStack(all))) {
    errors.push(FieldError.invalid(at, now, "may specify no more than one IP for each IP family"));
  }
}
