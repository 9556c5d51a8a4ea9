import { resolveIntOrPercent } from "../../../api/meta/int_or_string.ts";
import type { DaemonSet } from "../../../api/types/apps_v1.ts";
import type { Node, Pod } from "../../../api/types/core_v1.ts";
import { revisionLabel } from "../revisions/revisions.ts";
import { isAvailable, untilAvailable } from "../shared/pod_state.ts";
import { nodeOf, type Placement, placementOn } from "./placement.ts";

/** One node as a DaemonSet sees it. */
export interface NodeView {
  readonly name: string;
  readonly placement: Placement;
  /** Its Pods of the DaemonSet, the oldest first. */
  readonly pods: readonly Pod[];
}

export interface ClusterView {
  readonly daemonSet: DaemonSet;
  readonly nodes: readonly NodeView[];
  /** Meant for nodes that are not there. */
  readonly strays: readonly Pod[];
  /** Of the current template. */
  readonly hash: string;
  readonly now: number;
}

export interface Plan {
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
  /** Pods that ended and are replaced: `remove`d only once their node's back-off is over. */
  readonly ended: readonly Pod[];
}

export function viewCluster(
  daemonSet: DaemonSet,
  nodes: readonly Node[],
  pods: readonly Pod[],
  hash: string,
  now: number,
): ClusterView {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods.toSorted(byAge)) {
    const node = nodeOf(pod) ?? "";
    byNode.set(node, [...(byNode.get(node) ?? []), pod]);
  }
  const views = nodes.map((node): NodeView => {
    const name = node.metadata.name ?? "";
    return { name, placement: placementOn(node, daemonSet.spec.template), pods: byNode.get(name) ?? [] };
  });
  const known = new Set(views.map(({ name }) => name));
  const strays = [...byNode].filter(([node]) => !known.has(node)).flatMap(([, list]) => list);
  // Those that are bound are the Pod collector's business, once it is sure that the node is gone.
  return { daemonSet, nodes: views, strays: strays.filter(({ spec }) => !spec.nodeName), hash, now };
}

function byAge({ metadata: a }: Pod, { metadata: b }: Pod): number {
  const [left, right] = [a.creationTimestamp ?? "", b.creationTimestamp ?? ""];
  return left < right ? -1 : left > right ? 1 : (a.name ?? "") < (b.name ?? "") ? -1 : 1;
}

/** One Pod on each node that should have one, none on the others; whichever template they are of. */
export function planPlacement(world: ClusterView): Plan {
  const create: string[] = [];
  const ended: Pod[] = [];
  const remove = world.strays.filter(isStaying);
  const surge = maxSurge(world) > 0;
  for (const { name, placement, pods } of world.nodes) {
    const staying = pods.filter(isStaying);
    if (!placement.mayStay) remove.push(...staying);
    else if (pods.length === 0) {
      if (placement.shouldRun) create.push(name);
    } else {
      const running = staying.filter((pod) => !hasEnded(pod));
      ended.push(...staying.filter(hasEnded));
      if (!surge) remove.push(...superfluous(running));
      else {
        const isNew = (pod: Pod) => isOfHash(pod, world.hash);
        remove.push(...superfluous(running.filter(isNew)), ...superfluous(running.filter((pod) => !isNew(pod))));
      }
    }
  }
  return { create, remove, ended };
}

/** All but one: the oldest of those that have a node, which is the most likely to serve. */
function superfluous(pods: readonly Pod[]): Pod[] {
  const kept = pods.find(({ spec }) => spec.nodeName) ?? pods[0];
  return pods.filter((pod) => pod !== kept);
}

/** A step of a rolling update: Pods of old templates go as fast as `maxUnavailable` allows, or new ones come first as `maxSurge` does. */
export function planUpdate(world: ClusterView): Plan {
  return maxSurge(world) > 0 ? planSurge(world) : planReplacement(world);
}

function planReplacement(world: ClusterView): Plan {
  const remove: Pod[] = [];
  const candidates: Pod[] = [];
  let unavailable = 0;
  for (const view of world.nodes) {
    const { fresh, stale } = split(view, world.hash);
    if (fresh.length > 0 || stale.length === 0) {
      // Nodes with both wait for `planPlacement`, and count as it does until then.
      const serves = fresh.length === 1 && stale.length === 0 && available(fresh[0]!, world);
      if (view.placement.shouldRun && !serves) unavailable++;
    } else if (available(stale[0]!, world)) candidates.push(stale[0]!);
    else {
      // What does not serve anyway can be replaced at no cost.
      remove.push(stale[0]!);
      if (view.placement.shouldRun) unavailable++;
    }
  }
  const allowed = Math.max(maxUnavailable(world) - unavailable, 0);
  return { create: [], remove: [...remove, ...candidates.slice(0, allowed)].filter(isStaying), ended: [] };
}

function planSurge(world: ClusterView): Plan {
  const remove: Pod[] = [];
  const create: string[] = [];
  const candidates: string[] = [];
  let surging = 0;
  for (const view of world.nodes) {
    const { fresh, stale } = split(view, world.hash);
    if (stale.length === 0) continue;
    if (fresh.length > 0) {
      if (available(fresh[0]!, world)) remove.push(...stale);
      else surging++;
    } else if (view.placement.shouldRun) {
      if (available(stale[0]!, world)) candidates.push(view.name);
      else create.push(view.name);
    }
  }
  const allowed = Math.max(maxSurge(world) - surging, 0);
  return { create: [...create, ...candidates.slice(0, allowed)], remove: remove.filter(isStaying), ended: [] };
}

function split({ pods }: NodeView, hash: string): { fresh: readonly Pod[]; stale: readonly Pod[] } {
  const present = pods.filter((pod) => isStaying(pod) && !hasEnded(pod));
  return {
    fresh: present.filter((pod) => isOfHash(pod, hash)),
    stale: present.filter((pod) => !isOfHash(pod, hash)),
  };
}

export function isOfHash(pod: Pod, hash: string): boolean {
  return pod.metadata.labels?.[revisionLabel] === hash;
}

function isStaying({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp === undefined;
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === "Failed" || status?.phase === "Succeeded";
}

function available(pod: Pod, { daemonSet, now }: ClusterView): boolean {
  return isStaying(pod) && isAvailable(pod, daemonSet.spec.minReadySeconds ?? 0, now);
}

function desired({ nodes }: ClusterView): number {
  return nodes.filter(({ placement }) => placement.shouldRun).length;
}

function maxUnavailable(world: ClusterView): number {
  const { maxUnavailable: limit = 1 } = world.daemonSet.spec.updateStrategy?.rollingUpdate ?? {};
  return resolveIntOrPercent(limit, desired(world), "up");
}

function maxSurge(world: ClusterView): number {
  const { updateStrategy } = world.daemonSet.spec;
  if (updateStrategy?.type === "OnDelete") return 0;
  return resolveIntOrPercent(updateStrategy?.rollingUpdate?.maxSurge ?? 0, desired(world), "up");
}

/** Milliseconds until the next ready Pod counts as available; undefined when none waits for that. */
export function untilNextAvailable({ nodes, daemonSet, now }: ClusterView): number | undefined {
  const waits = nodes.flatMap(({ pods }) => pods)
    .map((pod) => untilAvailable(pod, daemonSet.spec.minReadySeconds ?? 0, now) ?? 0)
    .filter((milliseconds) => milliseconds > 0);
  return waits.length === 0 ? undefined : Math.min(...waits);
}
