import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkDns1123Label, checkEnvVarName, checkPortName, checkPortNumber } from "../../../api/meta/names.ts";
import type {
  Container,
  ContainerPort,
  EnvFromSource,
  EnvVar,
  VolumeDevice,
  VolumeMount,
} from "../../../api/types/core_v1.ts";
import { checkText, requireOneOf, requireText, requireUnique } from "./checks.ts";
import { validateLocalPath } from "./local_path.ts";
import { validateHandler, validateProbe } from "./probe_validation.ts";
import { validateResources } from "./resources_validation.ts";
import { validateResizePolicy } from "./restart_validation.ts";
import { validateSecurityContext } from "./security_context_validation.ts";

export const protocols = ["TCP", "UDP", "SCTP"];
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
  for (const [index, source] of (container.envFrom ?? []).entries()) {
    validateEnvFrom(source, path.child("envFrom").index(index), errors);
  }
  validateResources(container.resources, path.child("resources"), errors, claims);
  validateResizePolicy(container, restartPolicy, path.child("resizePolicy"), errors);
  validateSecurityContext(container.securityContext, path.child("securityContext"), errors);
  validateMounts(container.volumeMounts ?? [], path.child("volumeMounts"), volumes, errors);
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

const fieldPaths: ReadonlySet<string> = new Set([
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
]);

/** `metadata.labels['x']`, too. */
export function isFieldPath(text: string, known: ReadonlySet<string> = fieldPaths): boolean {
  return known.has(text) || /^metadata\.(labels|annotations)\['[^']+'\]$/.test(text);
}

function validateEnv({ name, value, valueFrom }: EnvVar, path: Path, errors: FieldError[]): void {
  if (requireText(name, path.child("name"), errors)) checkText(name, path.child("name"), checkEnvVarName, errors);
  if (valueFrom === undefined) return;
  const from = path.child("valueFrom");
  const sources = Object.keys(valueFrom);
  if (sources.length !== 1) {
    const detail = sources.length === 0
      ? "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
      : "may not have more than one field specified at a time";
    errors.push(FieldError.invalid(from, "", detail));
  }
  if (value) errors.push(FieldError.invalid(from, "", "may not be specified when `value` is not empty"));
  const { fieldRef, configMapKeyRef, secretKeyRef, resourceFieldRef } = valueFrom;
  if (fieldRef) {
    const at = from.child("fieldRef", "fieldPath");
    if (requireText(fieldRef.fieldPath, at, errors) && !isFieldPath(fieldRef.fieldPath)) {
      errors.push(FieldError.notSupported(at, fieldRef.fieldPath, [...fieldPaths]));
    }
  }
  if (resourceFieldRef) requireText(resourceFieldRef.resource, from.child("resourceFieldRef", "resource"), errors);
  for (const [field, reference] of [["configMapKeyRef", configMapKeyRef], ["secretKeyRef", secretKeyRef]] as const) {
    if (!reference) continue;
    requireText(reference.name, from.child(field, "name"), errors);
    requireText(reference.key, from.child(field, "key"), errors);
  }
}

function validateEnvFrom({ prefix, configMapRef, secretRef }: EnvFromSource, path: Path, errors: FieldError[]): void {
  if (prefix) checkText(prefix, path.child("prefix"), checkEnvVarName, errors);
  if (configMapRef) requireText(configMapRef.name, path.child("configMapRef", "name"), errors);
  if (secretRef) requireText(secretRef.name, path.child("secretRef", "name"), errors);
  if ((configMapRef === undefined) === (secretRef === undefined)) {
    const detail = configMapRef
      ? "may not have more than one field specified at a time"
      : "must specify one of: `configMapRef` or `secretRef`";
    errors.push(FieldError.invalid(path, "", detail));
  }
}

function validateMounts(
  mounts: readonly VolumeMount[],
  path: Path,
  volumes: ReadonlySet<string>,
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
    requireOneOf(
      mount.mountPropagation,
      at.child("mountPropagation"),
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
