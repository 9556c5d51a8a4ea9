import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import { qosClass } from "../../../api/meta/qos_class.ts";
import type { Container, Pod, ResourceRequirements } from "../../../api/types/core_v1.ts";
import { mirrorAnnotation } from "./pod_annotations.ts";
import { specPath } from "./scheduling_validation.ts";

const lists = ["containers", "initContainers"] as const;
type Amounts = NonNullable<ResourceRequirements["limits"]>;

/** What a resize may not do. The containers' order and number have been seen to by {@linkcode validateSameContainers}. */
export function validateResize(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata.annotations?.[mirrorAnnotation] !== undefined) {
    return [FieldError.forbidden(root(""), "static pods cannot be resized")];
  }
  if (old.spec.os?.name === "windows") {
    return [FieldError.forbidden(root(""), "windows pods cannot be resized")];
  }
  const errors: FieldError[] = [];
  const [before, after] = [old.status?.qosClass ?? qosClass(old), qosClass(pod)];
  if (before !== after) {
    errors.push(
      FieldError.invalid(specPath, pod.status?.qosClass ?? "", "Pod QOS Class may not change as a result of resizing"),
    );
  }
  const running = old.status?.containerStatuses?.find(({ state }) => state?.running);
  if (running && !running.resources) {
    errors.push(FieldError.forbidden(specPath, "Pod running on node without support for resize"));
  }
  validateWhole(pod.spec.resources, old.spec.resources, errors);
  for (const list of ["initContainers", "containers"] as const) {
    for (const [index, { resources }] of (pod.spec[list] ?? []).entries()) {
      const at = specPath.child(list).index(index).child("resources");
      for (const field of ["requests", "limits"] as const) {
        if (!lacks(resources?.[field], old.spec[list]![index]!.resources?.[field])) continue;
        errors.push(FieldError.forbidden(at.child(field), `resource ${field} cannot be removed`));
      }
    }
  }
  for (const list of lists) {
    for (const [index, container] of (pod.spec[list] ?? []).entries()) {
      validateContainer(container, old.spec[list]![index]!, list, specPath.child(list).index(index), errors);
    }
  }
  return errors;
}

/** What is stated for the Pod as a whole. */
function validateWhole(
  now: ResourceRequirements | undefined,
  old: ResourceRequirements | undefined,
  errors: FieldError[],
): void {
  const path = specPath.child("resources");
  if (old && !now) {
    errors.push(FieldError.forbidden(path, "pod-level resources cannot be removed"));
    return;
  }
  for (const field of ["requests", "limits"] as const) {
    if (lacks(now?.[field], old?.[field])) {
      errors.push(FieldError.forbidden(path.child(field), `pod-level resource ${field} cannot be removed`));
    }
  }
  const rest = ({ requests, limits, claims = [] }: ResourceRequirements = {}) => ({
    requests: others(requests),
    limits: others(limits),
    claims,
  });
  if (!deepEqual(rest(now), rest(old))) {
    errors.push(FieldError.forbidden(specPath, "only cpu and memory resources are mutable at pod-level"));
  }
}

function lacks(now: Amounts = {}, old: Amounts = {}): boolean {
  return Object.keys(old).some((name) => !Object.hasOwn(now, name));
}

/** A resize is told container by container, in the Pod's own order. */
export function validateSameContainers(pod: Pod, old: Pod): FieldError[] {
  return lists.flatMap((list) => {
    const [now, then] = [pod.spec[list] ?? [], old.spec[list] ?? []];
    const path = specPath.child(list);
    if (now.length !== then.length) {
      return [FieldError.forbidden(path, `${list} may not be added or removed on resize`)];
    }
    return then.flatMap(({ name }, index) =>
      now[index]!.name === name
        ? []
        : [FieldError.forbidden(path.index(index).child("name"), `${list} may not be renamed or reordered on resize`)]
    );
  });
}

function validateContainer(
  container: Container,
  old: Container,
  list: typeof lists[number],
  path: Path,
  errors: FieldError[],
): void {
  if (!deepEqual(fixed(container), fixed(old))) {
    errors.push(
      list === "containers"
        ? FieldError.forbidden(specPath, "only cpu and memory resources are mutable")
        : FieldError.forbidden(path, "only cpu and memory resources for init or sidecar containers are mutable"),
    );
  }
  const restarts = list === "initContainers" && container.restartPolicy !== "Always" &&
    container.resizePolicy?.some(({ restartPolicy }) => restartPolicy === "RestartContainer");
  if (restarts && !deepEqual(container.resources, old.resources)) {
    const detail = "non-sidecar init containers with a resize policy of RestartContainer cannot be resized";
    errors.push(FieldError.forbidden(path, detail));
  }
}

/** Of what a resize may touch, that which it may not change. */
function fixed({ resources = {}, resizePolicy = [] }: Container) {
  const { requests, limits, claims: _claims, ...rest } = resources;
  return { rest, resizePolicy, requests: others(requests), limits: others(limits) };
}

function others(amounts: Amounts = {}): Amounts {
  const { cpu: _cpu, memory: _memory, ...rest } = amounts;
  return rest;
}
