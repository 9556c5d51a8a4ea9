import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkDns1123Label, checkPortName, checkPortNumber } from "../../../api/meta/names.ts";
import type { Container, ContainerPort, Volume } from "../../../api/types/core_v1.ts";
import { checkText, requireOneOf, requireText } from "./checks.ts";
import { validateEnv, validateEnvFrom } from "./environment_validation.ts";
import { validateDevices, validateMounts } from "./mounts_validation.ts";
import { validateHandler, validateProbe } from "./probe_validation.ts";
import { validateResources } from "./resources_validation.ts";
import { validateResizePolicy } from "./restart_validation.ts";
import { validateSecurityContext } from "./security_context_validation.ts";
import { pullPolicies } from "./volume_sources.ts";

export const protocols = ["SCTP", "TCP", "UDP"];

/** What a container stands in, and may refer to. */
export interface ContainerSurroundings {
  /** The Pod's valid volumes. */
  readonly volumes: ReadonlyMap<string, Volume>;
  /** The Pod's names for its ResourceClaims. */
  readonly claims: readonly string[];
  /** The Pod's. */
  readonly restartPolicy: string | undefined;
  readonly terminationGracePeriodSeconds: number | undefined;
  /** Whether its users are the node's. */
  readonly hostUsers: boolean;
  /** Of a Pod more is asked than of a template, of which there were many before it was asked. */
  readonly isPod: boolean;
}

/** What containers of all sorts have in common. */
export function validateContainer(
  container: Container,
  path: Path,
  { volumes, claims, restartPolicy, hostUsers, isPod }: ContainerSurroundings,
  errors: FieldError[],
): void {
  const { name, image, imagePullPolicy, terminationMessagePolicy } = container;
  if (requireText(name, path.child("name"), errors)) checkText(name, path.child("name"), checkDns1123Label, errors);
  if (requireText(image, path.child("image"), errors) && isPod && image !== image.trim()) {
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
  validatePorts(container.ports ?? [], path.child("ports"), errors);
  for (const [index, env] of (container.env ?? []).entries()) validateEnv(env, path.child("env").index(index), errors);
  validateEnvFrom(container.envFrom ?? [], path.child("envFrom"), errors);
  validateMounts(container, path.child("volumeMounts"), volumes, errors);
  validateDevices(container, path.child("volumeDevices"), volumes, errors);
  validateResources(container.resources, path.child("resources"), errors, claims);
  validateResizePolicy(container, restartPolicy, path.child("resizePolicy"), errors);
  validateSecurityContext(container.securityContext, hostUsers, path.child("securityContext"), errors);
}

/** What is done with a container while it runs. */
export function validateHooks(
  container: Container,
  path: Path,
  { terminationGracePeriodSeconds }: ContainerSurroundings,
  errors: FieldError[],
): void {
  for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"] as const) {
    if (container[probe]) validateProbe(probe, container[probe], path.child(probe), errors);
  }
  for (const hook of ["postStart", "preStop"] as const) {
    const handler = container.lifecycle?.[hook];
    if (handler) validateHandler(handler, terminationGracePeriodSeconds, path.child("lifecycle", hook), errors);
  }
}

function validatePorts(ports: readonly ContainerPort[], path: Path, errors: FieldError[]): void {
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const at = path.index(index);
    if (port.name) {
      const problems = checkPortName(port.name);
      for (const detail of problems) errors.push(FieldError.invalid(at.child("name"), port.name, detail));
      if (names.has(port.name)) errors.push(FieldError.duplicate(at.child("name"), port.name));
      if (problems.length === 0) names.add(port.name);
    }
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
