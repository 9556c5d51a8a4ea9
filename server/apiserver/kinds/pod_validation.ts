import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import { checkDns1123Label, checkDns1123Subdomain, checkQualifiedName } from "../../../api/meta/names.ts";
import type { Pod, PodSpec, PodTemplateSpec } from "../../../api/types/core_v1.ts";
import { validateAnnotations, validateLabels } from "../registry/metadata_validation.ts";
import { checkLegacyIP } from "./addresses.ts";
import { checkText, requireOneOf } from "./checks.ts";
import type { ContainerSurroundings } from "./container_validation.ts";
import { validateContainers, validateEphemeralContainers, validateInitContainers } from "./containers_validation.ts";
import { mirrorAnnotation, validatePodAnnotations } from "./pod_annotations.ts";
import { validatePodClaims } from "./pod_claims_validation.ts";
import { containersOf } from "./pod_containers.ts";
import { validateDnsConfig } from "./pod_dns_validation.ts";
import { validateOS } from "./pod_os_validation.ts";
import { validateProfileAnnotations } from "./pod_profile_annotations.ts";
import { validatePodResources, validateResources } from "./resources_validation.ts";
import { specPath, validateScheduling } from "./scheduling_validation.ts";
import { validatePodSecurityContext } from "./security_context_validation.ts";
import { validateVolumes, type VolumeOwner } from "./volume_validation.ts";
import { validateHostProcess } from "./windows_validation.ts";

const metadataPath = root("metadata");
const restartPolicies = ["Always", "OnFailure", "Never"];
const dnsPolicies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
const maxHostname = 64;
const maxDeadlineSeconds = 2 ** 31 - 1;

export function validatePod(pod: Pod, old?: Readonly<Pod>): FieldError[] {
  const errors = validatePodAnnotations(pod, metadataPath.child("annotations"), old?.metadata);
  const isMirror = pod.metadata.annotations?.[mirrorAnnotation] !== undefined;
  validatePodSpec(pod.spec, { pod: pod.metadata.name ?? "", isMirror }, specPath, errors, old?.spec);
  if (pod.spec.serviceAccountName) return errors;
  for (const [index, { projected }] of (pod.spec.volumes ?? []).entries()) {
    const at = specPath.child("volumes").index(index).child("projected", "sources");
    for (const [i, { serviceAccountToken }] of (projected?.sources ?? []).entries()) {
      if (!serviceAccountToken) continue;
      const detail = "must not be specified when serviceAccountName is not set";
      errors.push(FieldError.forbidden(at.index(i).child("serviceAccountToken"), detail));
    }
  }
  return errors;
}

/** What only a running Pod may have, and a Pod that must not run yet may not. */
export function validateNewPod({ metadata, spec }: Pod): FieldError[] {
  const errors: FieldError[] = [];
  const { ephemeralContainers = [], schedulingGates = [], nodeName } = spec;
  if (ephemeralContainers.length > 0) {
    errors.push(FieldError.forbidden(specPath.child("ephemeralContainers"), "cannot be set on create"));
  }
  if (nodeName && schedulingGates.length > 0) {
    const detail = "cannot be set until all schedulingGates have been cleared";
    errors.push(FieldError.forbidden(specPath.child("nodeName"), detail));
  }
  return [...errors, ...validateProfileAnnotations(metadata, spec, specPath)];
}

/** The template of a workload. Ephemeral containers are for running Pods alone. */
export function validatePodTemplate(template: PodTemplateSpec, path: Path, errors: FieldError[]): void {
  const { metadata = {}, spec = { containers: [] } } = template;
  // The paths that upstream gives, though there are no such fields.
  validateLabels(metadata.labels, path.child("labels"), errors);
  validateAnnotations(metadata.annotations, path.child("annotations"), errors);
  errors.push(...validatePodAnnotations({ metadata, spec }, path.child("annotations")));
  validatePodSpec(spec, { pod: "", isMirror: false }, path.child("spec"), errors);
  errors.push(...validateProfileAnnotations(metadata, spec, path.child("spec")));
  if (!spec.ephemeralContainers?.length) return;
  const detail = "ephemeral containers not allowed in pod template";
  errors.push(FieldError.forbidden(path.child("spec", "ephemeralContainers"), detail));
}

interface Owner extends VolumeOwner {
  /** Whether the Pod was made by its node, and only shows here. */
  readonly isMirror: boolean;
}

function validatePodSpec(
  spec: PodSpec,
  owner: Owner,
  path: Path,
  errors: FieldError[],
  old?: Readonly<PodSpec>,
): void {
  const isPod = owner.pod !== "";
  const volumes = validateVolumes(spec.volumes ?? [], owner, path.child("volumes"), errors);
  validatePodClaims(spec.resourceClaims ?? [], owner.isMirror, path.child("resourceClaims"), errors);
  const surroundings: ContainerSurroundings = {
    volumes,
    claims: (spec.resourceClaims ?? []).flatMap(({ name }) => name ? [name] : []),
    restartPolicy: spec.restartPolicy,
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds,
    hostUsers: spec.hostUsers !== false,
    isPod,
  };
  validateContainers(spec, path.child("containers"), surroundings, errors);
  validateInitContainers(spec, path.child("initContainers"), surroundings, errors);
  validateEphemeralContainers(spec, path.child("ephemeralContainers"), surroundings, errors);
  validatePodResources(spec, path, errors);
  if (spec.hostNetwork) validateHostPorts(spec, isPod, path.child("containers"), errors);
  validateSettings(spec, path, errors);
  validatePodSecurityContext(spec, path.child("securityContext"), errors, old);
  validateScheduling(spec, path, errors);
  validateHostProcess(spec, path, errors);
  if (spec.hostUsers === false) validateOwnUsers(spec, path, errors);
  validateOS(spec, path, errors);
  validateFileVariables(spec, path, errors);
}

function validateSettings(spec: PodSpec, path: Path, errors: FieldError[]): void {
  requireOneOf(spec.restartPolicy, path.child("restartPolicy"), restartPolicies, errors);
  requireOneOf(spec.dnsPolicy, path.child("dnsPolicy"), dnsPolicies, errors);
  validateDnsConfig(spec, path.child("dnsConfig"), errors);
  const { activeDeadlineSeconds: deadline } = spec;
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

/** On the host's network a container's port is the host's. In templates it may be left to the Pod's defaults. */
function validateHostPorts({ containers = [] }: PodSpec, isPod: boolean, path: Path, errors: FieldError[]): void {
  for (const [index, { ports = [] }] of containers.entries()) {
    for (const [i, { hostPort = 0, containerPort }] of ports.entries()) {
      if (hostPort === containerPort || (hostPort === 0 && !isPod)) continue;
      const detail = "must match `containerPort` when `hostNetwork` is true";
      errors.push(FieldError.invalid(path.index(index).child("ports").index(i).child("hostPort"), hostPort, detail));
    }
  }
}

/** A Pod with users of its own shares no other namespace with its node. Some paths are upstream's alone. */
function validateOwnUsers(spec: PodSpec, path: Path, errors: FieldError[]): void {
  for (
    const [field, shown] of [["hostNetwork", "hostNetwork"], ["hostPID", "HostPID"], ["hostIPC", "HostIPC"]] as const
  ) {
    if (spec[field]) errors.push(FieldError.forbidden(path.child(shown), "when `hostUsers` is false"));
  }
  for (const [{ volumeDevices = [] }, at] of containersOf(spec, path)) {
    if (volumeDevices.length > 0) {
      errors.push(FieldError.forbidden(at.child("volumeDevices"), "when `hostUsers` is false"));
    }
  }
}

/** Files that variables come from lie in a directory that the Pod's containers share. */
function validateFileVariables(spec: PodSpec, path: Path, errors: FieldError[]): void {
  for (const [{ env = [] }, at] of containersOf(spec, path)) {
    for (const [index, { valueFrom }] of env.entries()) {
      if (!valueFrom?.fileKeyRef) continue;
      const { volumeName = "" } = valueFrom.fileKeyRef;
      const place = at.child("env").index(index).child("valueFrom", "fileKeyRef", "volumeName");
      const volume = spec.volumes?.findLast(({ name = "" }) => name === volumeName);
      if (!volume) errors.push(FieldError.notFound(place, volumeName));
      else if (!volume.emptyDir) {
        errors.push(FieldError.invalid(place, volumeName, "referenced volume must be of type emptyDir"));
      }
    }
  }
}
