import type { Container as SpecContainer, Pod } from "../../api/types/core_v1.ts";
import type { Container } from "../runtime/contract.ts";
import { appliedTo, changedResources, resourcesOf, restartsFor, sameAmounts, sameResources } from "./pod_resources.ts";
import { latest, type PodState } from "./state.ts";

/** A running container that has other resources than it was granted. */
export interface Outdated {
  readonly spec: SpecContainer;
  readonly container: Container;
  /** Its `resizePolicy` wants it to begin anew with them. */
  readonly restarts: boolean;
}

/** Containers that the Pod's resize has not reached yet. */
export function outdatedContainers(state: PodState): Outdated[] {
  const { pod, applied } = state;
  return [...pod.spec.initContainers ?? [], ...pod.spec.containers].flatMap((spec) => {
    const container = latest(state, spec.name);
    const has = container?.state === "running" ? appliedTo(applied, container) : undefined;
    if (!container || !has) return [];
    const changed = changedResources(has, spec.resources ?? {});
    return changed.length > 0 ? [{ spec, container, restarts: restartsFor(spec, changed) }] : [];
  });
}

/** Whether the Pod's cgroup has other limits than what was granted asks for. Unknown before the first sandbox. */
export function isCgroupOutdated({ pod, applied }: PodState): boolean {
  return applied.pod !== undefined && !sameResources(applied.pod, resourcesOf(pod));
}

export function isWholeOutdated({ pod, applied }: PodState): boolean {
  return applied.pod !== undefined && !sameAmounts(applied.pod.pod, pod.spec.resources);
}

export function isResizing(state: PodState): boolean {
  return state.stage.at === "active" && (outdatedContainers(state).length > 0 || isCgroupOutdated(state));
}

/** The resources of a Pod in the words of the resize's events. */
export function resizeSummary({ metadata, spec }: Pod, error = ""): string {
  const of = (all: readonly SpecContainer[] = []) => all.map(({ name, resources = {} }) => ({ name, resources }));
  return JSON.stringify({
    ...(spec.initContainers?.length ? { initContainers: of(spec.initContainers) } : {}),
    containers: of(spec.containers),
    generation: metadata.generation ?? 0,
    ...(error ? { error } : {}),
  });
}
