import { resolveIntOrPercent } from "../../../api/meta/int_or_string.ts";
import type { ControllerRevision, StatefulSet } from "../../../api/types/apps_v1.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import { isAvailable, isReady, isTerminal, untilAvailable } from "../shared/pod_state.ts";
import { ordinalOf, revisionOf } from "./identity.ts";

/** A StatefulSet with what there is of it. */
export interface SetView {
  readonly set: StatefulSet;
  readonly pods: readonly Pod[];
  /** What Pods below the partition are made of, and what all are being brought to. The same outside of an update. */
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
  readonly now: number;
}

export interface Plan {
  readonly create: readonly { readonly ordinal: number; readonly revision: ControllerRevision }[];
  readonly remove: readonly Pod[];
}

const nothing: Plan = { create: [], remove: [] };

/** The ordinals that the set should have. */
export function ordinals({ spec }: StatefulSet): { readonly first: number; readonly end: number } {
  const first = spec.ordinals?.start ?? 0;
  return { first, end: first + (spec.replicas ?? 1) };
}

/** Pods by ordinal, and those beyond the range, the highest first. */
export function arrange({ set, pods }: SetView): { replicas: Map<number, Pod>; condemned: Pod[] } {
  const { first, end } = ordinals(set);
  const replicas = new Map<number, Pod>();
  const condemned: { ordinal: number; pod: Pod }[] = [];
  for (const pod of pods) {
    const ordinal = ordinalOf(set, pod);
    if (ordinal === undefined) continue;
    if (ordinal >= first && ordinal < end) replicas.set(ordinal, pod);
    else condemned.push({ ordinal, pod });
  }
  return { replicas, condemned: condemned.sort((a, b) => b.ordinal - a.ordinal).map(({ pod }) => pod) };
}

/**
 * The next step. In order (`OrderedReady`) that is one Pod at a time, and only while all before it are ready; with `Parallel` all that are missing
 * or too many. Updates come last, from the highest ordinal down.
 */
export function planSet(view: SetView): Plan {
  const inOrder = view.set.spec.podManagementPolicy !== "Parallel";
  const { replicas, condemned } = arrange(view);
  const create: { ordinal: number; revision: ControllerRevision }[] = [];
  const remove: Pod[] = [];
  const { first, end } = ordinals(view.set);
  for (let ordinal = first; ordinal < end; ordinal++) {
    const pod = replicas.get(ordinal);
    if (pod === undefined) create.push({ ordinal, revision: revisionFor(view, ordinal) });
    else if (isTerminal(pod) && !isTerminating(pod)) remove.push(pod);
    else if (!inOrder || isHealthy(pod, view)) continue;
    if (inOrder) return { create, remove };
  }
  for (const pod of condemned) {
    if (!isTerminating(pod)) remove.push(pod);
    if (inOrder) return { create, remove };
  }
  if (create.length + remove.length > 0) return { create, remove };
  return view.set.spec.updateStrategy?.type === "OnDelete" ? nothing : planUpdate(view, replicas);
}

function planUpdate(view: SetView, replicas: ReadonlyMap<number, Pod>): Plan {
  const { set, update } = view;
  const { partition = 0, maxUnavailable = 1 } = set.spec.updateStrategy?.rollingUpdate ?? {};
  const { first, end } = ordinals(set);
  const limit = Math.max(resolveIntOrPercent(maxUnavailable, end - first, "up"), 1);
  const remove: Pod[] = [];
  let unavailable = 0;
  for (let ordinal = end - 1; ordinal >= first + partition && unavailable < limit; ordinal--) {
    const pod = replicas.get(ordinal);
    if (pod === undefined) continue;
    const isStale = revisionOf(pod) !== update.metadata.name;
    if (isStale && !isTerminating(pod)) remove.push(pod);
    if (isStale || !isHealthy(pod, view)) unavailable++;
  }
  return { create: [], remove };
}

/** What a Pod is made of that is made anew: below the partition, of what it was. */
export function revisionFor({ set, current, update }: SetView, ordinal: number): ControllerRevision {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  const { first } = ordinals(set);
  return type !== "OnDelete" && ordinal < first + (rollingUpdate?.partition ?? 0) ? current : update;
}

function isTerminating({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function isHealthy(pod: Pod, { set, now }: SetView): boolean {
  return !isTerminating(pod) && pod.status?.phase === "Running" && isReady(pod) &&
    isAvailable(pod, set.spec.minReadySeconds ?? 0, now);
}

/** Milliseconds until the next ready Pod counts as available; undefined when none waits for that. */
export function untilNextAvailable({ set, pods, now }: SetView): number | undefined {
  const waits = pods.map((pod) => untilAvailable(pod, set.spec.minReadySeconds ?? 0, now) ?? 0).filter((ms) => ms > 0);
  return waits.length === 0 ? undefined : Math.min(...waits);
}
