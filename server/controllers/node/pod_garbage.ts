import { setCondition } from "../../../api/meta/conditions.ts";
import { nodes, pods } from "../../../api/resources.ts";
import { isNotFound } from "../../../api/status.ts";
import type { Pod, PodCondition } from "../../../api/types/core_v1.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";
import { targetOf } from "../shared/claim.ts";
import { indexByNode, podsOnNode } from "../shared/indexes.ts";
import { isTerminal } from "../shared/pod_state.ts";

/** A node may be made anew under its name soon after it was deleted. */
const quarantine = 40_000;
const terminatedKey = "terminated";
const nodeKey = "node ";
const podKey = "pod ";

const orphaned: PodCondition = {
  type: "DisruptionTarget",
  status: "True",
  reason: "DeletionByPodGC",
  message: "PodGC: node no longer exists",
};

/**
 * Deletes Pods that nobody else will: those bound to a node that does not exist, those that are being deleted and were never bound to one, and the
 * oldest of the terminated ones beyond `terminatedLimit` (upstream's 12,500 is much for a small machine).
 */
export function podGarbageController(context: ControllerContext, terminatedLimit = 1000): Controller {
  const { client, clock, informers } = context;
  const podViews = informers.informer(pods);
  const nodeViews = informers.informer(nodes);
  const terminated = new Set<string>();

  async function remove(pod: Pod, signal: AbortSignal): Promise<void> {
    try {
      const { uid = "" } = pod.metadata;
      await client.delete(pods, targetOf(pod), { signal, gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async function removeOrphans(node: string, signal: AbortSignal): Promise<Result> {
    if (nodeViews.get(node) !== undefined) return DONE;
    const left = podsOnNode(podViews, node);
    if (left.length === 0) return DONE;
    const isGone = await client.get(nodes, { name: node }, { signal }).then(() => false, (error: unknown) => {
      if (!isNotFound(error)) throw error;
      return true;
    });
    for (const pod of isGone ? left : []) {
      if (!isTerminal(pod)) await fail(pod, signal);
      await remove(pod, signal);
    }
    return DONE;
  }

  /** Controllers and users shall see that it did not end well. */
  async function fail(pod: Pod, signal: AbortSignal): Promise<void> {
    const conditions = setCondition<PodCondition>(pod.status?.conditions, orphaned, clock.now());
    const next = { ...pod, status: { ...pod.status, phase: "Failed", conditions } };
    await client.update(pods, next, { subresource: "status", signal }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }

  async function removeTerminated(signal: AbortSignal): Promise<Result> {
    const surplus = terminated.size - terminatedLimit;
    if (surplus <= 0) return DONE;
    const oldest = podViews.list().filter(isTerminal).sort((a, b) => age(a) < age(b) ? -1 : 1).slice(0, surplus);
    for (const pod of oldest) await remove(pod, signal);
    return DONE;
  }

  return {
    name: "pod-garbage",
    concurrency: 1,
    setup(enqueue) {
      indexByNode(podViews);
      nodeViews.onChange(({ type, object }) => {
        if (type === "deleted") enqueue(nodeKey + object.metadata.name, quarantine);
      });
      podViews.onChange(({ type, object }) => {
        const { namespace, name, uid = "", deletionTimestamp } = object.metadata;
        if (type !== "deleted" && isTerminal(object)) terminated.add(uid);
        else terminated.delete(uid);
        if (terminated.size > terminatedLimit) enqueue(terminatedKey);
        if (type === "deleted") return;
        const { nodeName } = object.spec;
        if (!nodeName && deletionTimestamp !== undefined) enqueue(`${podKey}${namespace}/${name}`);
        if (nodeName && nodeViews.get(nodeName) === undefined) enqueue(nodeKey + nodeName, quarantine);
      });
    },
    async reconcile(key, signal) {
      if (key === terminatedKey) return await removeTerminated(signal);
      if (key.startsWith(nodeKey)) return await removeOrphans(key.slice(nodeKey.length), signal);
      const pod = podViews.get(key.slice(podKey.length));
      if (pod !== undefined && !pod.spec.nodeName && pod.metadata.deletionTimestamp !== undefined) {
        await remove(pod, signal);
      }
      return DONE;
    },
  };
}

function age({ metadata }: Pod): string {
  return `${metadata.creationTimestamp} ${metadata.name}`;
}
