import type { Clock } from "../../api/clock.ts";
import { nodes, pods } from "../../api/resources.ts";
import { StatusError } from "../../api/status.ts";
import type { Pod } from "../../api/types/core_v1.ts";
import type { Client } from "../../client/client.ts";
import { pause } from "../../client/pause.ts";

export interface DrainOptions {
  readonly node: string;
  /** Milliseconds; Pods that a disruption budget protects are asked for again until then. */
  readonly timeout: number;
  readonly clock: Clock;
  /** Told of each Pod that has gone, and of those that wait for their budget. */
  readonly tell: (message: string) => void;
}

/** How a drain ended: Pods that were still there, `namespace/name`. */
export interface Drained {
  readonly left: readonly string[];
}

const ASK_AGAIN = 1_000;

/**
 * Cordons a node and evicts its Pods, as `kubectl drain --ignore-daemonsets --delete-emptydir-data --force` does: mirror Pods, those of DaemonSets and
 * finished ones stay. Resolves when the others have gone or the time is up.
 */
export async function drain(client: Client, { node, timeout, clock, tell }: DrainOptions): Promise<Drained> {
  await client.patch(nodes, { name: node }, { type: "merge", patch: { spec: { unschedulable: true } } });
  const deadline = clock.now() + timeout;
  const told = new Map<string, string>();
  for (;;) {
    const all = await client.list(pods, { fieldSelector: `spec.nodeName=${node}` });
    const waiting = all.items.filter(isEvicted);
    for (const name of [...told.keys()]) {
      if (waiting.some((pod) => nameOf(pod) === name)) continue;
      tell(`${name} has gone`);
      told.delete(name);
    }
    if (waiting.length === 0 || clock.now() >= deadline) return { left: waiting.map(nameOf) };
    for (const pod of waiting) {
      const refusal = pod.metadata.deletionTimestamp === undefined ? await evict(client, pod) : "";
      if (refusal !== "" && told.get(nameOf(pod)) !== refusal) tell(`${nameOf(pod)} waits: ${refusal}`);
      told.set(nameOf(pod), refusal);
    }
    await pause(clock, ASK_AGAIN);
  }
}

/** Whether a Pod must leave a node that is drained. */
export function isEvicted(pod: Pod): boolean {
  const { annotations = {}, ownerReferences = [] } = pod.metadata;
  if ("kubernetes.io/config.mirror" in annotations) return false;
  if (ownerReferences.some(({ kind, controller }) => kind === "DaemonSet" && controller)) return false;
  return pod.status?.phase !== "Succeeded" && pod.status?.phase !== "Failed";
}

/** Empty when it was accepted or the Pod has gone, else why its disruption budget holds it. */
async function evict(client: Client, pod: Pod): Promise<string> {
  const { name, namespace = "" } = pod.metadata;
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: name!, namespace } };
  try {
    await client.create(pods, eviction as never, { namespace, name: name!, subresource: "eviction" });
    return "";
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    if (error.code === 404) return "";
    if (error.code === 429) return error.message;
    throw error;
  }
}

function nameOf(pod: Pod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`;
}
