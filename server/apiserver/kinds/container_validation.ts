import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkDns1123Label, checkPortName, checkPortNumber } from "../../../api/meta/names.ts";
import type { Container, ContainerPort, VolumeDevice, VolumeMount } from "../../../api/types/core_v1.ts";
import { checkText, requireOneOf, requireText, requireUnique } from "./checks.ts";
import { validateEnv, validateEnvFrom } from "./environment_validation.ts";
import { validateLocalPath } from "./local_path.ts";
import { validateHandler, validateProbe } from "./probe_validation.ts";
import { validateResources } from "./resources_validation.ts";
import { validateResizePolicy } from "./restart_validation.ts";
import { validateSecurityContext } from "./security_context_validation.ts";

export const protocols = ["SCTP", "TCP", "UDP"];
const pullPolicies = ["Always", "IfNotPresent", "Never"];
const maxTerminationMessagePath = 4096;

/** What a container may refer to. */
export interface ContainerSurroundings {
  /** Names of the Pod's volumes; a device is one of a claim. */
  readonly volumes: ReadonlySet<string>;
  /** The Pod's names for its ResourceClaims. */
  readonly claims: readonly string[];
  /** The Pod's. */
  readonly restartPolicy: string | undefined;
}

/** What containers of all sorts have in common. */
export function validateContainer(
  container: Container,
  path: Path,
  { volumes, claims, restartPolicy }: ContainerSurroundings,
  errors: FieldError[],
): void {
  const { name, image, imagePullPolicy, terminationMessagePolicy } = container;
  if (requireText(name, path.child("name"), errors)) checkText(name, path.child("name"), checkDns1123Label, errors);
  if (requireText(image, path.child("image"), errors) && image !== image.trim()) {
    const detail = "must not have leading or trailing whitespace";
    errors.push(FieldError.invalid(path.child("image"), image, detail));
  }
  requireOneOf(imagePullPolicy, path.child("imagePullPolicy"), pullPolicies, errors);
  requireOneOf(
    terminationMessagePolicy,
    path.child("terminationMessagePolicy"),
    ["File", "FallbackToLogsOnError"],
    errors,
  );
  if ((container.terminationMessagePath?.length ?? 0) > maxTerminationMessagePath) {
    errors.push(FieldError.tooLong(path.child("terminationMessagePath"), maxTerminationMessagePath));
  }
  validatePorts(container.ports ?? [], path.child("ports"), errors);
  for (const [index, env] of (container.env ?? []).entries()) validateEnv(env, path.child("env").index(index), errors);
  validateEnvFrom(container.envFrom ?? [], path.child("envFrom"), errors);
  validateResources(container.resources, path.child("resources"), errors, claims);
  validateResizePolicy(container, restartPolicy, path.child("resizePolicy"), errors);
  validateSecurityContext(container.securityContext, path.child("securityContext"), errors);
  const isPrivileged = container.securityContext?.privileged ?? false;
  validateMounts(container.volumeMounts ?? [], path.child("volumeMounts"), volumes, isPrivileged, errors);
  validateDevices(container, path.child("volumeDevices"), volumes, errors);
  for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"] as const) {
    if (container[probe]) validateProbe(probe, container[probe], path.child(probe), errors);
  }
  for (const hook of ["postStart", "preStop"] as const) {
    const handler = container.lifecycle?.[hook];
    if (handler) validateHandler(handler, path.child("lifecycle", hook), errors);
  }
}

function validatePorts(ports: readonly ContainerPort[], path: Path, errors: FieldError[]): void {
  const names = ports.flatMap(({ name }, index) => name ? [[name, path.index(index).child("name")] as const] : []);
  requireUnique(names, errors);
  for (const [index, port] of ports.entries()) {
    const at = path.index(index);
    if (port.name) checkText(port.name, at.child("name"), checkPortName, errors);
    if (!port.containerPort) errors.push(FieldError.required(at.child("containerPort")));
    else {
      for (const detail of checkPortNumber(port.containerPort)) {
        errors.push(FieldError.invalid(at.child("containerPort"), port.containerPort, detail));
      }
    }
    if (port.hostPort) {
      for (const detail of checkPortNumber(port.hostPort)) {
        errors.push(FieldError.invalid(at.child("hostPort"), port.hostPort, detail));
      }
    }
    requireOneOf(port.protocol, at.child("protocol"), protocols, errors);
  }
}

/** `metadata.labels['x']`, too. */
export function isFieldPath(text: string, known: ReadonlySet<string>): boolean {
  return known.has(text) || /^metadata\.(labels|annotations)\['[^']+'\]$/.test(text);
}

function validateMounts(
  mounts: readonly VolumeMount[],
  path: Path,
  volumes: ReadonlySet<string>,
  isPrivileged: boolean,
  errors: FieldError[],
): void {
  const places: [string, Path][] = [];
  for (const [index, mount] of mounts.entries()) {
    const at = path.index(index);
    if (requireText(mount.name, at.child("name"), errors) && !volumes.has(mount.name)) {
      errors.push(FieldError.notFound(at.child("name"), mount.name));
    }
    if (requireText(mount.mountPath, at.child("mountPath"), errors)) {
      places.push([mount.mountPath, at.child("mountPath")]);
    }
    if (mount.subPath && mount.subPathExpr) {
      errors.push(
        FieldError.invalid(
          at.child("subPathExpr"),
          mount.subPathExpr,
          "subPathExpr and subPath are mutually exclusive",
        ),
      );
    }
    for (const field of ["subPath", "subPathExpr"] as const) {
      if (mount[field]) validateLocalPath(mount[field], at.child(field), errors);
    }
    validateReadOnly(mount, path.child("recursiveReadOnly"), errors);
    if (mount.mountPropagation === "Bidirectional" && !isPrivileged) {
      const detail = "Bidirectional mount propagation is available only to privileged containers";
      errors.push(FieldError.forbidden(path.child("mountPropagation"), detail));
    }
    requireOneOf(
      mount.mountPropagation,
      path.child("mountPropagation"),
      ["Bidirectional", "HostToContainer", "None"],
      errors,
    );
  }
  for (const [index, [place, at]] of places.entries()) {
    if (places.slice(0, index).some(([before]) => before === place)) {
      errors.push(FieldError.invalid(at, place, "must be unique"));
    }
  }
}

/** Whether what is mounted below is read-only, too. The path is the list's, as upstream's. */
function validateReadOnly(mount: VolumeMount, path: Path, errors: FieldError[]): void {
  const { recursiveReadOnly, readOnly, mountPropagation = "None" } = mount;
  requireOneOf(recursiveReadOnly, path, ["Disabled", "Enabled", "IfPossible"], errors);
  if (recursiveReadOnly !== "Enabled" && recursiveReadOnly !== "IfPossible") return;
  if (!readOnly) errors.push(FieldError.forbidden(path, "may only be specified when readOnly is true"));
  if (mountPropagation !== "None") {
    const detail = "may only be specified when mountPropagation is None or not specified";
    errors.push(FieldError.forbidden(path, detail));
  }
}

function validateDevices(
  { volumeDevices = [], volumeMounts = [] }: { volumeDevices?: VolumeDevice[]; volumeMounts?: VolumeMount[] },
  path: Path,
  volumes: ReadonlySet<string>,
  errors: FieldError[],
): void {
  for (const [index, { name, devicePath }] of volumeDevices.entries()) {
    const at = path.index(index);
    requireText(devicePath, at.child("devicePath"), errors);
    if (!requireText(name, at.child("name"), errors)) continue;
    if (!volumes.has(name)) errors.push(FieldError.notFound(at.child("name"), name));
    if (volumeMounts.some((mount) => mount.name === name)) {
      const detail = "must not already exist in volumeMounts";
      errors.push(FieldError.invalid(at.child("name"), name, detail));
    }
  }
}
