import { setCondition } from "../../../api/meta/conditions.ts";
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { parseTime } from "../../../api/meta/time.ts";
import { keyOf } from "../../../api/resource.ts";
import { nodes, pods } from "../../../api/resources.ts";
import { isNotFound } from "../../../api/status.ts";
import type { Node, PodCondition } from "../../../api/types/core_v1.ts";
import { type Controller, type ControllerContext, DONE } from "../contract.ts";
import { targetOf } from "../shared/claim.ts";
import { indexByNode, podsOnNode } from "../shared/indexes.ts";
import { isTerminal } from "../shared/pod_state.ts";
import { leavesAt } from "./toleration.ts";

const disruption: PodCondition = {
  type: "DisruptionTarget",
  status: "True",
  reason: "DeletionByTaintManager",
  message: "Taint manager: deleting due to NoExecute taint",
};

/** Deletes Pods from nodes with a NoExecute taint that they do not tolerate, or no longer. */
export function taintEvictionController(context: ControllerContext): Controller {
  const { client, clock, events, informers } = context;
  const nodeViews = informers.informer(nodes);
  const podViews = informers.informer(pods);
  return {
    name: "taint-eviction",
    concurrency: 5,
    setup(enqueue) {
      indexByNode(podViews);
      nodeViews.onChange((change) => {
        const before = change.type === "updated" ? evicting(change.previous) : [];
        if (change.type === "deleted" || deepEqual(before, evicting(change.object))) return;
        for (const pod of podsOnNode(podViews, change.object.metadata.name ?? "")) enqueue(keyOf(pod));
      });
      podViews.onChange(({ type, object }) => {
        const node = nodeViews.get(object.spec.nodeName ?? "");
        if (type !== "deleted" && node !== undefined && evicting(node).length > 0) enqueue(keyOf(object));
      });
    },
    async reconcile(key, signal) {
      const pod = podViews.get(key);
      const node = nodeViews.get(pod?.spec.nodeName ?? "");
      if (pod === undefined || node === undefined || pod.metadata.deletionTimestamp !== undefined || isTerminal(pod)) {
        return DONE;
      }
      const started = pod.status?.startTime ?? pod.metadata.creationTimestamp;
      const at = leavesAt(pod, evicting(node), started ? parseTime(started) : clock.now());
      if (at === undefined) return DONE;
      const left = at - clock.now();
      if (left > 0) return { outcome: "retryAfter", milliseconds: left };
      events.event(pod, "Normal", "TaintManagerEviction", `Marking for deletion Pod ${key}`);
      try {
        const conditions = setCondition<PodCondition>(pod.status?.conditions, disruption, clock.now());
        await client.update(pods, { ...pod, status: { ...pod.status, conditions } }, { subresource: "status", signal });
        const { uid = "" } = pod.metadata;
        await client.delete(pods, targetOf(pod), { signal, preconditions: { uid } });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      return DONE;
    },
  };
}

function evicting(node: Node) {
  return (node.spec.taints ?? []).filter(({ effect }) => effect === "NoExecute");
}
