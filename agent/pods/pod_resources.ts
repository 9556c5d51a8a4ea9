import { canonicalJson } from "../../api/meta/hash.ts";
import { Quantity } from "../../api/meta/quantity.ts";
import type { Container as SpecContainer, Pod, ResourceRequirements } from "../../api/types/core_v1.ts";
import type { Container } from "../runtime/contract.ts";
import { annotationKeys } from "./labels.ts";

/** What a Pod has been granted, or runs with: as a whole, where that is stated, and by container name. */
export interface PodResources {
  readonly pod?: ResourceRequirements;
  readonly containers: Readonly<Record<string, ResourceRequirements>>;
}

/** What the runtime and the kernel were last told: for the Pod's cgroup, and by container id where that has changed since the container was made. */
export interface AppliedResources {
  readonly pod?: PodResources;
  readonly containers: Readonly<Record<string, ResourceRequirements>>;
}

export function resourcesOf(pod: Pod): PodResources {
  const all = [...pod.spec.initContainers ?? [], ...pod.spec.containers];
  return {
    ...(pod.spec.resources ? { pod: pod.spec.resources } : {}),
    containers: Object.fromEntries(all.map(({ name, resources = {} }) => [name, resources])),
  };
}

/** The Pod as if these were its resources; the same object when they are. */
export function withResources(pod: Pod, { pod: whole, containers }: PodResources): Pod {
  const replaced = (all: readonly SpecContainer[]) =>
    all.map((container) => {
      const resources = containers[container.name];
      return resources && !sameAmounts(resources, container.resources) ? { ...container, resources } : container;
    });
  if (sameResources(resourcesOf(pod), { ...(whole ? { pod: whole } : {}), containers })) return pod;
  const { resources: stated, ...spec } = pod.spec;
  const kept = sameAmounts(whole, stated) ? stated : whole;
  return {
    ...pod,
    spec: {
      ...spec,
      ...(kept ? { resources: kept } : {}),
      containers: replaced(spec.containers),
      ...(spec.initContainers ? { initContainers: replaced(spec.initContainers) } : {}),
    },
  };
}

/** Whether both give every container, and the Pod, the same. */
export function sameResources(a: PodResources, b: PodResources): boolean {
  const names = Object.keys(a.containers);
  return sameAmounts(a.pod, b.pod) && names.length === Object.keys(b.containers).length &&
    names.every((name) => sameAmounts(a.containers[name], b.containers[name]));
}

/** `1` CPU is `1000m`. What cannot be resized is not looked at. */
export function sameAmounts(a: ResourceRequirements = {}, b: ResourceRequirements = {}): boolean {
  return changedResources(a, b).length === 0;
}

/** Those of CPU and memory whose request or limit differs. */
export function changedResources(a: ResourceRequirements, b: ResourceRequirements): ("cpu" | "memory")[] {
  return (["cpu", "memory"] as const).filter((name) =>
    !sameAmount(a.requests?.[name], b.requests?.[name]) || !sameAmount(a.limits?.[name], b.limits?.[name])
  );
}

/** Whether the container wants to begin anew when one of these changes. */
export function restartsFor({ resizePolicy = [] }: SpecContainer, changed: readonly string[]): boolean {
  return resizePolicy.some(({ resourceName, restartPolicy }) =>
    restartPolicy === "RestartContainer" && changed.includes(resourceName)
  );
}

/** Whether a container was made with resources for whose change it has to begin anew. */
export function madeForOtherResources(spec: SpecContainer, container: Container): boolean {
  if (!spec.resizePolicy?.length) return false;
  const made = annotated(container)?.container;
  return made !== undefined && restartsFor(spec, changedResources(made, spec.resources ?? {}));
}

function sameAmount(a: string | undefined, b: string | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && Quantity.parse(a).equals(Quantity.parse(b)));
}

/** What a container carries of that, so that an agent that was not there while it changed finds the difference. */
export function resourcesAnnotation(pod: Pod, { resources = {} }: SpecContainer): string {
  return canonicalJson({ ...(pod.spec.resources ? { pod: pod.spec.resources } : {}), container: resources });
}

interface Annotated {
  readonly pod?: ResourceRequirements;
  readonly container: ResourceRequirements;
}

function annotated({ annotations }: Container): Annotated | undefined {
  const text = annotations[annotationKeys.resources];
  return text === undefined ? undefined : JSON.parse(text) as Annotated;
}

/** What a container runs with; undefined where nobody has noted it. */
export function appliedTo(applied: AppliedResources, container: Container): ResourceRequirements | undefined {
  return applied.containers[container.id] ?? annotated(container)?.container;
}

/**
 * What an agent that comes back takes for granted: what it noted at its last resize, or what the containers were made with. Of containers that tell
 * nothing it is the spec's. Newest containers first.
 */
export function foundResources(
  pod: Pod,
  containers: readonly Container[],
  noted: AppliedResources | undefined,
): AppliedResources & { readonly pod: PodResources } {
  const wanted = resourcesOf(pod);
  const silent: Record<string, ResourceRequirements> = {};
  const found: Record<string, ResourceRequirements> = { ...wanted.containers };
  const newest = new Map(containers.toReversed().map((container) => [container.name, container]));
  let whole = wanted.pod;
  for (const [name, container] of newest) {
    const spec = wanted.containers[name];
    if (!spec) continue;
    const known = noted?.containers[container.id] ?? annotated(container)?.container;
    if (known) found[name] = known;
    else silent[container.id] = spec;
    if (annotated(container)) whole = annotated(container)!.pod;
  }
  return {
    pod: noted?.pod ?? { ...(whole ? { pod: whole } : {}), containers: found },
    containers: { ...noted?.containers, ...silent },
  };
}
