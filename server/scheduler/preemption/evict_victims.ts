import { formatTime } from "../../../api/meta/time.ts";
import { pods } from "../../../api/resources.ts";
import { isConflict, isNotFound } from "../../../api/status.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import type { Clock } from "../../../api/clock.ts";
import type { Client } from "../../../client/client.ts";
import type { EventRecorder } from "../../../client/event_recorder.ts";
import { PREEMPTION_BY_SCHEDULER } from "./default_preemption.ts";

export interface EvictOptions {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Asks every victim that is not on its way out already to go, with its own grace period, and says so in its status before. `preemptor` is who the room is
 * for. Rejects when one could not be asked.
 */
export async function evictVictims(
  preemptor: Pod,
  node: string,
  victims: readonly Pod[],
  options: EvictOptions,
): Promise<void> {
  const staying = victims.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  await Promise.all(staying.map((victim) => evict(preemptor, node, victim, options)));
}

async function evict(preemptor: Pod, node: string, victim: Pod, options: EvictOptions): Promise<void> {
  const { client, events, clock, signal } = options;
  const { namespace = "", name = "", uid = "" } = victim.metadata;
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: PREEMPTION_BY_SCHEDULER,
    message: `${preemptor.spec.schedulerName}: preempting to accommodate a higher priority pod`,
    lastTransitionTime: formatTime(clock.now()),
  };
  const patch = { metadata: { uid }, status: { conditions: [condition] } };
  const target = { namespace, name };
  try {
    await client.patch(pods, target, { type: "strategic", patch }, { subresource: "status", signal });
    await client.delete(pods, target, { preconditions: { uid }, signal });
  } catch (error) {
    // Gone already, or another Pod of that name has taken its place.
    if (isNotFound(error) || isConflict(error)) return;
    throw error;
  }
  events.event(victim, "Normal", "Preempted", `Preempted by pod ${preemptor.metadata.uid} on node ${node}`);
}

/** Takes the nomination back from Pods, in their status: there will be no room for them where they were to go. */
export async function clearNominations(waiting: readonly Pod[], { client, signal }: EvictOptions): Promise<void> {
  await Promise.all(waiting.map(async ({ metadata: { namespace = "", name = "", uid } }) => {
    const patch = { metadata: { uid }, status: { nominatedNodeName: null } };
    try {
      await client.patch(pods, { namespace, name }, { type: "merge", patch }, { subresource: "status", signal });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }));
}
