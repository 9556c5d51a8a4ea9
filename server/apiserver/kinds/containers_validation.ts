/** The lists of a Pod's containers, each with rules of its own. */
import { FieldError, type Path } from "../../../api/meta/field.ts";
import type { Container, PodSpec } from "../../../api/types/core_v1.ts";
import { type ContainerSurroundings, validateContainer, validateHooks } from "./container_validation.ts";
import { validateInitResizePolicy, validateRestartPolicy } from "./restart_validation.ts";

export function validateContainers(
  { containers = [] }: PodSpec,
  path: Path,
  surroundings: ContainerSurroundings,
  errors: FieldError[],
): void {
  if (containers.length === 0) errors.push(FieldError.required(path));
  const names = new Set<string>();
  for (const [index, container] of containers.entries()) {
    const at = path.index(index);
    validateContainer(container, at, surroundings, errors);
    requireNew(container, names, at, errors);
    validateHooks(container, at, surroundings, errors);
    validateRestartPolicy(container, at, errors);
  }
  requireUniqueHostPorts(containers, path, errors);
}

/** Only a sidecar (`restartPolicy: Always`) lives on to be probed. */
export function validateInitContainers(
  { containers = [], initContainers = [] }: PodSpec,
  path: Path,
  surroundings: ContainerSurroundings,
  errors: FieldError[],
): void {
  const names = new Set(containers.map(({ name = "" }) => name));
  for (const [index, container] of initContainers.entries()) {
    const at = path.index(index);
    validateContainer(container, at, surroundings, errors);
    validateRestartPolicy(container, at, errors);
    if (container.name || names.has("")) requireNew(container, names, at, errors);
    // They run one after the other.
    requireUniqueHostPorts([container], path, errors);
    if (container.restartPolicy === "Always") validateHooks(container, at, surroundings, errors);
    else {
      for (const field of ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const) {
        if (container[field] === undefined) continue;
        const detail = "may not be set for init containers without restartPolicy=Always";
        errors.push(FieldError.forbidden(at.child(field), detail));
      }
    }
    validateInitResizePolicy(container, at.child("resizePolicy"), errors);
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

export function validateEphemeralContainers(
  { containers = [], initContainers = [], ephemeralContainers = [] }: PodSpec,
  path: Path,
  surroundings: ContainerSurroundings,
  errors: FieldError[],
): void {
  const others = [...containers, ...initContainers].map(({ name = "" }) => name);
  const names = new Set(others);
  const refuse = (at: Path) => errors.push(FieldError.forbidden(at, "cannot be set for an Ephemeral Container"));
  for (const [index, container] of ephemeralContainers.entries()) {
    const at = path.index(index);
    const { targetContainerName, ...common } = container;
    // Here templates are held to what Pods are.
    validateContainer(common, at, { ...surroundings, isPod: true }, errors);
    requireNew(common, names, at, errors);
    if (targetContainerName && !others.includes(targetContainerName)) {
      errors.push(FieldError.notFound(at.child("targetContainerName"), targetContainerName));
    }
    for (const field of notEphemeral) if (container[field] !== undefined) refuse(at.child(field));
    for (const [i, mount] of (container.volumeMounts ?? []).entries()) {
      for (const field of ["subPath", "subPathExpr"] as const) {
        if (mount[field]) refuse(at.child("volumeMounts").index(i).child(field));
      }
    }
    if (Object.keys(container.resources ?? {}).length > 0) refuse(at.child("resources"));
  }
}

function requireNew({ name = "" }: Container, names: Set<string>, path: Path, errors: FieldError[]): void {
  if (names.has(name)) errors.push(FieldError.duplicate(path.child("name"), name));
  names.add(name);
}

function requireUniqueHostPorts(containers: readonly Container[], path: Path, errors: FieldError[]): void {
  const seen = new Set<string>();
  for (const [index, { ports = [] }] of containers.entries()) {
    for (const [i, { hostPort, hostIP = "", protocol = "TCP" }] of ports.entries()) {
      if (!hostPort) continue;
      const key = `${protocol}/${hostIP}/${hostPort}`;
      const at = path.index(index).child("ports").index(i).child("hostPort");
      if (seen.has(key)) errors.push(FieldError.duplicate(at, key));
      seen.add(key);
    }
  }
}
