import { isConditionTrue, setCondition, withoutCondition } from "../../../api/meta/conditions.ts";
import type { Pod, PodTemplateSpec } from "../../../api/types/core_v1.ts";
import type { ReplicaSetCondition, ReplicaSetStatus } from "../../../api/types/apps_v1.ts";
import { isAvailable, isReady, isTerminal } from "../shared/pod_state.ts";

export interface ReplicaFailure {
  readonly reason: "FailedCreate" | "FailedDelete";
  readonly message: string;
}

export interface ReplicaFacts {
  readonly generation: number;
  readonly minReadySeconds: number;
  readonly template: PodTemplateSpec | undefined;
  /** Active ones. */
  readonly pods: readonly Pod[];
  /** Those on their way out. */
  readonly terminating: readonly Pod[];
  readonly failure: ReplicaFailure | undefined;
  readonly now: number;
}

/** The status that the facts make of `old`. */
export function replicaStatus(old: ReplicaSetStatus | undefined, facts: ReplicaFacts): ReplicaSetStatus {
  const { generation, minReadySeconds, template, pods, terminating, now } = facts;
  const wanted = Object.entries(template?.metadata?.labels ?? {});
  const isFullyLabeled = ({ metadata: { labels = {} } }: Pod) => wanted.every(([key, value]) => labels[key] === value);
  const conditions = failureCondition(old?.conditions ?? [], facts);
  return {
    replicas: pods.length,
    ...unlessZero("fullyLabeledReplicas", pods.filter(isFullyLabeled).length),
    ...unlessZero("readyReplicas", pods.filter(isReady).length),
    ...unlessZero("availableReplicas", pods.filter((pod) => isAvailable(pod, minReadySeconds, now)).length),
    ...unlessZero("terminatingReplicas", terminating.filter((pod) => !isTerminal(pod)).length),
    observedGeneration: generation,
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}

function failureCondition(
  conditions: ReplicaSetCondition[],
  facts: ReplicaFacts,
): ReplicaSetCondition[] {
  const { failure, now } = facts;
  if (failure === undefined) return withoutCondition(conditions, "ReplicaFailure");
  // The first failure's words stay, as upstream: each attempt has other ones (its Pod's name, what a quota has left), and a write for each would
  // start the next attempt at once.
  if (isConditionTrue(conditions, "ReplicaFailure")) return conditions;
  return setCondition(conditions, { type: "ReplicaFailure", status: "True", ...failure }, now);
}

/** Zero counts are left out of answers, and so that an unchanged status compares equal, out of what we write. */
function unlessZero(name: string, count: number): Record<string, number> {
  return count === 0 ? {} : { [name]: count };
}
