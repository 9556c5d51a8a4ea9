import { canonicalJson } from "../../../api/meta/hash.ts";
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { resolveIntOrPercent } from "../../../api/meta/int_or_string.ts";
import type { Deployment, ReplicaSet } from "../../../api/types/apps_v1.ts";
import type { PodTemplateSpec } from "../../../api/types/core_v1.ts";

export const revisionAnnotation = "deployment.kubernetes.io/revision";
export const historyAnnotation = "deployment.kubernetes.io/revision-history";
export const desiredAnnotation = "deployment.kubernetes.io/desired-replicas";
export const maxAnnotation = "deployment.kubernetes.io/max-replicas";
export const hashLabel = "pod-template-hash";

export function replicasOf(object: Deployment | ReplicaSet): number {
  return object.spec.replicas ?? 1;
}

export function availableOf(replicaSet: ReplicaSet): number {
  return replicaSet.status?.availableReplicas ?? 0;
}

export function total(replicaSets: readonly ReplicaSet[], count: (replicaSet: ReplicaSet) => number): number {
  return replicaSets.reduce((sum, replicaSet) => sum + count(replicaSet), 0);
}

/** 0 when it has none. Go's int64, which a number does not hold. */
export function revisionOf(object: Deployment | ReplicaSet): bigint {
  const text = object.metadata.annotations?.[revisionAnnotation];
  return text !== undefined && /^[0-9]{1,18}$|^[1-8][0-9]{18}$/.test(text) ? BigInt(text) : 0n;
}

export function numberIn(object: Deployment | ReplicaSet, annotation: string): number | undefined {
  const text = object.metadata.annotations?.[annotation];
  return text !== undefined && /^[0-9]{1,10}$/.test(text) ? Number(text) : undefined;
}

/** How many Pods a rolling update may have beyond the wanted ones, and how many it may lack. At least one of the two is not zero. */
export function fenceposts(deployment: Deployment): { readonly maxSurge: number; readonly maxUnavailable: number } {
  if (!isRolling(deployment)) return { maxSurge: 0, maxUnavailable: 0 };
  const replicas = replicasOf(deployment);
  const { maxSurge = "25%", maxUnavailable = "25%" } = deployment.spec.strategy?.rollingUpdate ?? {};
  const surge = resolveIntOrPercent(maxSurge, replicas, "up");
  const unavailable = resolveIntOrPercent(maxUnavailable, replicas, "down");
  // Both may round down to zero, and then nothing would ever move.
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, replicas) };
}

export function isRolling(deployment: Deployment): boolean {
  return (deployment.spec.strategy?.type ?? "RollingUpdate") === "RollingUpdate";
}

/** The ReplicaSets from the oldest to the youngest. */
export function byAge(replicaSets: readonly ReplicaSet[]): ReplicaSet[] {
  return replicaSets.toSorted((a, b) => compareText(ageKey(a), ageKey(b)));
}

export function ageKey({ metadata }: ReplicaSet): string {
  return `${metadata.creationTimestamp ?? "9"} ${metadata.name}`;
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether the ReplicaSet runs the Deployment's template; the label that names its hash does not count. */
export function hasTemplateOf(replicaSet: ReplicaSet, deployment: Deployment): boolean {
  const { template } = replicaSet.spec;
  return template !== undefined && deepEqual(withoutHash(template), withoutHash(deployment.spec.template));
}

/** Upstream allows several by accident; the oldest of them is the one. */
export function findNew(deployment: Deployment, replicaSets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return byAge(replicaSets).find((replicaSet) => hasTemplateOf(replicaSet, deployment));
}

function withoutHash(template: PodTemplateSpec): unknown {
  const { [hashLabel]: _, ...labels } = template.metadata?.labels ?? {};
  // Null timestamps and such say nothing in a template; an empty map equals none.
  const annotations = template.metadata?.annotations ?? {};
  return { labels, annotations, finalizers: template.metadata?.finalizers ?? [], spec: template.spec };
}

/** The same for equal templates; what the hash label is made of. */
export function templateText(template: PodTemplateSpec): string {
  return canonicalJson(withoutHash(template));
}
