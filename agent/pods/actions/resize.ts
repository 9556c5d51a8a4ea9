import type { ResourceRequirements } from "../../../api/types/core_v1.ts";
import { containerResources, podLimit } from "../resources.ts";
import { isWholeOutdated, type Outdated, outdatedContainers } from "../resize.ts";
import { type AppliedResources, resourcesOf, withResources } from "../pod_resources.ts";
import { writeResizeNotes } from "../resize_notes.ts";
import { type Action, latest } from "../state.ts";
import { Quantity } from "../../../api/meta/quantity.ts";
import { PodError } from "../pod_error.ts";
import type { Run } from "./run.ts";

/** Gives running containers what they were granted. The Pod's own group is wide enough for both while they change: first to grow, last to shrink. */
export async function resize(_: Action & { type: "resize" }, run: Run): Promise<void> {
  const { shared, signal } = run;
  const facts = shared.facts();
  const { pod, applied } = run.state();
  const uid = pod.metadata.uid ?? "";
  const granted = resourcesOf(pod);
  const before = withResources(pod, applied.pod ?? granted);
  const containers = affected(run);
  await requireRoom(containers, run, podLimit(before, "memory"), podLimit(pod, "memory"));
  await shared.cgroups.ensure(pod, before);
  const note = async (told: AppliedResources) => {
    run.send({ type: "applied", applied: told });
    await writeResizeNotes(facts, uid, run.state().applied);
  };
  for (const { spec, container } of containers) {
    await shared.runtime.updateContainerResources(
      container.id,
      containerResources(pod, spec, facts.memoryBytes),
      signal,
    );
    await note({ containers: { [container.id]: spec.resources ?? {} } });
  }
  await shared.cgroups.ensure(pod);
  await note({ pod: granted, containers: {} });
}

/** A limit of the whole Pod holds for containers that have none, too. Those that begin anew are not touched before. */
function affected(run: Run): Pick<Outdated, "spec" | "container">[] {
  const state = run.state();
  const outdated = outdatedContainers(state);
  if (!isWholeOutdated(state)) return outdated.filter(({ restarts }) => !restarts);
  const restarting = new Set(outdated.filter(({ restarts }) => restarts).map(({ container }) => container.id));
  return [...state.pod.spec.initContainers ?? [], ...state.pod.spec.containers].flatMap((spec) => {
    const container = latest(state, spec.name);
    return container?.state === "running" && !restarting.has(container.id) ? [{ spec, container }] : [];
  });
}

/** A limit below what is in use would end the container, or be refused by the kernel half way through. */
async function requireRoom(
  containers: readonly Pick<Outdated, "spec" | "container">[],
  run: Run,
  podBefore: number | undefined,
  podAfter: number | undefined,
): Promise<void> {
  const { applied } = run.state();
  const podShrinks = podAfter !== undefined && (podBefore === undefined || podAfter < podBefore);
  const shrinking = containers.filter(({ spec, container }) => {
    const [now, had] = [memoryLimit(spec.resources), memoryLimit(applied.containers[container.id])];
    return now !== undefined && (had === undefined || now < had);
  });
  if (!podShrinks && shrinking.length === 0) return;
  const ids = new Set(run.state().containers.map(({ id }) => id));
  const stats = (await run.shared.runtime.stats(run.signal)).filter(({ containerId }) => ids.has(containerId));
  const usage = new Map(stats.map(({ containerId, memoryBytes }) => [containerId, memoryBytes]));
  const total = stats.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  const troubles = shrinking.flatMap(({ spec, container }) => {
    const [limit, used] = [memoryLimit(spec.resources)!, usage.get(container.id) ?? 0];
    return used < limit
      ? []
      : [`attempting to set container "${spec.name}" memory limit (${limit}) below current usage (${used})`];
  });
  if (podShrinks && total >= podAfter) {
    troubles.unshift(`attempting to set pod memory limit (${podAfter}) below current usage (${total})`);
  }
  if (troubles.length === 0) return;
  const all = troubles.length === 1 ? troubles[0] : `[${troubles.join(", ")}]`;
  throw new PodError("Error", `cannot decrease memory limits: ${all}`);
}

function memoryLimit(resources: ResourceRequirements | undefined): number | undefined {
  const text = resources?.limits?.memory;
  return text === undefined ? undefined : Quantity.parse(text).value();
}
