import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkDns1123Label, checkDns1123Subdomain, checkQualifiedName } from "../../../api/meta/names.ts";
import type { Container, Pod, PodSpec, PodTemplateSpec } from "../../../api/types/core_v1.ts";
import { validateLabels } from "../registry/metadata_validation.ts";
import { checkLegacyIP } from "./addresses.ts";
import { checkText, requireOneOf, requireUnique } from "./checks.ts";
import { type ContainerSurroundings, validateContainer } from "./container_validation.ts";
import { mirrorAnnotation, validatePodAnnotations } from "./pod_annotations.ts";
import { validatePodClaims } from "./pod_claims_validation.ts";
import { validateDnsConfig } from "./pod_dns_validation.ts";
import { validatePodResources, validateResources } from "./resources_validation.ts";
import { validateInitResizePolicy, validateRestartPolicy } from "./restart_validation.ts";
import { validateProfileAnnotations } from "./pod_profile_annotations.ts";
import { specPath, validateScheduling } from "./scheduling_validation.ts";
import { validatePodSecurityContext } from "./security_context_validation.ts";
import { validateVolumes } from "./volume_validation.ts";

const restartPolicies = ["Always", "OnFailure", "Never"];
const dnsPolicies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
const maxHostname = 64;
const maxDeadlineSeconds = 2 ** 31 - 1;

export function validatePod(pod: Pod): FieldError[] {
  const errors: FieldError[] = [];
  const isMirror = pod.metadata.annotations?.[mirrorAnnotation] !== undefined;
  validatePodClaims(pod.spec.resourceClaims ?? [], isMirror, specPath.child("resourceClaims"), errors);
  validatePodSpec(pod.spec, specPath, errors);
  validateEphemeral(pod.spec, specPath.child("ephemeralContainers"), errors);
  return errors;
}

/** What only a running Pod may have, and a Pod that must not run yet may not. */
export function validateNewPod(pod: Pod): FieldError[] {
  const errors = validatePodAnnotations(pod);
  const { ephemeralContainers = [], schedulingGates = [], nodeName } = pod.spec;
  if (ephemeralContainers.length > 0) {
    errors.push(FieldError.forbidden(specPath.child("ephemeralContainers"), "cannot be set on create"));
  }
  if (nodeName && schedulingGates.length > 0) {
    const detail = "cannot be set until all schedulingGates have been cleared";
    errors.push(FieldError.forbidden(specPath.child("nodeName"), detail));
  }
  return [...errors, ...validateProfileAnnotations(pod)];
}

/** The template of a workload. Ephemeral containers are for running Pods alone. */
export function validatePodTemplate(template: PodTemplateSpec, path: Path, errors: FieldError[]): void {
  // The path that upstream gives, though there is no such field.
  validateLabels(template.metadata?.labels, path.child("labels"), errors);
  const spec = template.spec ?? { containers: [] };
  validatePodClaims(spec.resourceClaims ?? [], false, path.child("spec", "resourceClaims"), errors);
  validatePodSpec(spec, path.child("spec"), errors);
  if (spec.ephemeralContainers?.length) {
    errors.push(
      FieldError.forbidden(
        path.child("spec", "ephemeralContainers"),
        "ephemeral containers not allowed in pod template",
      ),
    );
  }
}

function validatePodSpec(spec: PodSpec, path: Path, errors: FieldError[]): void {
  validateVolumes(spec.volumes ?? [], path.child("volumes"), errors);
  const surroundings = surroundingsOf(spec);
  const [containers, initContainers] = [spec.containers ?? [], spec.initContainers ?? []];
  if (containers.length === 0) errors.push(FieldError.required(path.child("containers")));
  for (const [index, container] of containers.entries()) {
    const at = path.child("containers").index(index);
    validateContainer(container, at, surroundings, errors);
    validateRestartPolicy(container, at, errors);
  }
  for (const [index, container] of initContainers.entries()) {
    const at = path.child("initContainers").index(index);
    validateContainer(container, at, surroundings, errors);
    validateRestartPolicy(container, at, errors);
    validateInitContainer(container, at, errors);
    validateInitResizePolicy(container, at.child("resizePolicy"), errors);
  }
  const names = [
    ...containers.map(({ name }, index) => [name, path.child("containers").index(index).child("name")] as const),
    ...initContainers.map(({ name }, index) =>
      [name, path.child("initContainers").index(index).child("name")] as const
    ),
  ];
  requireUnique(names.filter(([name]) => name), errors);
  validatePodResources(spec, path, errors);
  validateHostPorts(spec, path, errors);
  validateSettings(spec, path, errors);
  validatePodSecurityContext(spec, path.child("securityContext"), errors);
  validateScheduling(spec, path, errors);
}

function surroundingsOf({ volumes = [], resourceClaims, restartPolicy }: PodSpec): ContainerSurroundings {
  const claims = (resourceClaims ?? []).flatMap(({ name }) => name ? [name] : []);
  return { volumes: new Set(volumes.map(({ name }) => name)), claims, restartPolicy };
}

/** Only a sidecar (`restartPolicy: Always`) lives on to be probed. */
function validateInitContainer(container: Container, path: Path, errors: FieldError[]): void {
  if (container.restartPolicy === "Always") return;
  for (const field of ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"] as const) {
    if (container[field] !== undefined) {
      errors.push(
        FieldError.forbidden(path.child(field), "may not be set for init containers without restartPolicy=Always"),
      );
    }
  }
}

function validateSettings(spec: PodSpec, path: Path, errors: FieldError[]): void {
  requireOneOf(spec.restartPolicy, path.child("restartPolicy"), restartPolicies, errors);
  requireOneOf(spec.dnsPolicy, path.child("dnsPolicy"), dnsPolicies, errors);
  validateDnsConfig(spec, path.child("dnsConfig"), errors);
  const { activeDeadlineSeconds: deadline } = spec;
  if (spec.os && !spec.os.name) errors.push(FieldError.required(path.child("os", "name")));
  else requireOneOf(spec.os?.name, path.child("os"), ["linux", "windows"], errors);
  if (deadline !== undefined && (deadline < 1 || deadline > maxDeadlineSeconds)) {
    const detail = `must be between 1 and ${maxDeadlineSeconds}, inclusive`;
    errors.push(FieldError.invalid(path.child("activeDeadlineSeconds"), deadline, detail));
  }
  if (spec.serviceAccountName) {
    checkText(spec.serviceAccountName, path.child("serviceAccountName"), checkDns1123Subdomain, errors);
  }
  if (spec.nodeName) checkText(spec.nodeName, path.child("nodeName"), checkDns1123Subdomain, errors);
  if (spec.hostname) checkText(spec.hostname, path.child("hostname"), checkDns1123Label, errors);
  if (spec.subdomain) checkText(spec.subdomain, path.child("subdomain"), checkDns1123Label, errors);
  if (spec.priorityClassName) {
    checkText(spec.priorityClassName, path.child("priorityClassName"), checkDns1123Subdomain, errors);
  }
  if (spec.runtimeClassName) {
    checkText(spec.runtimeClassName, path.child("runtimeClassName"), checkDns1123Subdomain, errors);
  }
  if (spec.hostPID && spec.shareProcessNamespace) {
    errors.push(
      FieldError.invalid(
        path.child("shareProcessNamespace"),
        true,
        "ShareProcessNamespace and HostPID cannot both be enabled",
      ),
    );
  }
  const gates = spec.schedulingGates ?? [];
  for (const [index, { name = "" }] of gates.entries()) {
    const at = path.child("schedulingGates").index(index);
    checkText(name, at, checkQualifiedName, errors);
    if (gates.slice(0, index).some((gate) => gate.name === name)) errors.push(FieldError.duplicate(at, name));
  }
  if (spec.preemptionPolicy === "") errors.push(FieldError.required(path.child("preemptionPolicy")));
  else requireOneOf(spec.preemptionPolicy, path.child("preemptionPolicy"), ["PreemptLowerPriority", "Never"], errors);
  if (spec.overhead) validateResources({ limits: spec.overhead }, path.child("overhead"), errors);
  validateHostname(spec, path.child("hostnameOverride"), errors);
  for (const [index, { conditionType = "" }] of (spec.readinessGates ?? []).entries()) {
    checkText(
      conditionType,
      path.child("readinessGates").index(index).child("conditionType"),
      checkQualifiedName,
      errors,
    );
  }
  for (const [index, alias] of (spec.hostAliases ?? []).entries()) {
    const at = path.child("hostAliases").index(index);
    checkText(alias.ip ?? "", at.child("ip"), checkLegacyIP, errors);
    for (const [i, name] of (alias.hostnames ?? []).entries()) {
      checkText(name, at.child("hostnames").index(i), checkDns1123Subdomain, errors);
    }
  }
}

function validateHostname(
  { hostnameOverride, setHostnameAsFQDN, hostNetwork }: PodSpec,
  path: Path,
  errors: FieldError[],
): void {
  if (hostnameOverride === undefined) return;
  if (setHostnameAsFQDN) {
    errors.push(FieldError.forbidden(path, "may not be specified when setHostnameAsFQDN is true"));
  }
  if (hostNetwork) errors.push(FieldError.forbidden(path, "may not be specified when hostNetwork is true"));
  if (hostnameOverride.length > maxHostname) errors.push(FieldError.tooLong(path, maxHostname));
  checkText(hostnameOverride, path, checkDns1123Subdomain, errors);
}

/** On the host's network a container's port is the host's; two containers cannot have the same one. */
function validateHostPorts(spec: PodSpec, path: Path, errors: FieldError[]): void {
  const seen = new Set<string>();
  for (const [index, container] of (spec.containers ?? []).entries()) {
    for (const [i, { hostPort, hostIP = "", protocol = "TCP", containerPort }] of (container.ports ?? []).entries()) {
      if (!hostPort) continue;
      const at = path.child("containers").index(index).child("ports").index(i);
      if (spec.hostNetwork && hostPort !== containerPort) {
        const detail = "must match `containerPort` when `hostNetwork` is true";
        errors.push(FieldError.invalid(at.child("hostPort"), hostPort, detail));
      }
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (seen.has(key)) errors.push(FieldError.duplicate(at.child("hostPort"), key));
      seen.add(key);
    }
  }
}

/** Fields that a container for debugging may not have. */
const notEphemeral = [
  "ports",
  "resizePolicy",
  "restartPolicy",
  "restartPolicyRules",
  "livenessProbe",
  "readinessProbe",
  "startupProbe",
  "lifecycle",
] as const;

export function validateEphemeralContainers(pod: Pod, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  validateEphemeral(pod.spec, path, errors);
  return errors;
}

function validateEphemeral(spec: PodSpec, path: Path, errors: FieldError[]): void {
  const regular = [...spec.containers ?? [], ...spec.initContainers ?? []].map(({ name }) => name);
  const names = new Set(regular);
  for (const [index, container] of (spec.ephemeralContainers ?? []).entries()) {
    const at = path.index(index);
    const { targetContainerName, ...common } = container;
    validateContainer(common, at, surroundingsOf(spec), errors);
    if (names.has(container.name)) errors.push(FieldError.duplicate(at.child("name"), container.name));
    names.add(container.name);
    if (targetContainerName && !regular.includes(targetContainerName)) {
      errors.push(FieldError.notFound(at.child("targetContainerName"), targetContainerName));
    }
    for (const field of notEphemeral) {
      if (container[field] !== undefined) {
        errors.push(FieldError.forbidden(at.child(field), "cannot be set for an Ephemeral Container"));
      }
    }
    for (const [i, mount] of (container.volumeMounts ?? []).entries()) {
      for (const field of ["subPath", "subPathExpr"] as const) {
        if (!mount[field]) continue;
        const place = at.child("volumeMounts").index(i).child(field);
        errors.push(FieldError.forbidden(place, "cannot be set for an Ephemeral Container"));
      }
    }
    if (Object.keys(container.resources ?? {}).length > 0) {
      errors.push(FieldError.forbidden(at.child("resources"), "cannot be set for an Ephemeral Container"));
    }
  }
}
