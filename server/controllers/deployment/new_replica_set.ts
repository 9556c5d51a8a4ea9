import { templateHash } from "../../../api/meta/hash.ts";
import { controllerReference } from "../../../api/meta/owner.ts";
import { deployments } from "../../../api/resources.ts";
import type { Deployment, ReplicaSet } from "../../../api/types/apps_v1.ts";
import {
  desiredAnnotation,
  fenceposts,
  hashLabel,
  historyAnnotation,
  maxAnnotation,
  replicasOf,
  revisionAnnotation,
  revisionOf,
  templateText,
} from "./replica_set_facts.ts";

/** Annotations of a Deployment that are its own affair; all others are copied to its ReplicaSets. */
const ownAnnotations: ReadonlySet<string> = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  "deprecated.deployment.rollback.to",
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
]);

const maxHistoryLength = 2000;

/** The ReplicaSet of the Deployment's template; its name follows from the template, so that it cannot be made twice. */
export function newReplicaSet(deployment: Deployment, replicas: number): ReplicaSet {
  const { template, selector, minReadySeconds } = deployment.spec;
  const hash = templateHash(templateText(template), deployment.status?.collisionCount ?? 0);
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  return sized(deployment, {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace ?? "",
      labels,
      ownerReferences: [controllerReference(deployment, deployments)],
    },
    spec: {
      replicas: 0,
      ...(minReadySeconds ? { minReadySeconds } : {}),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  }, replicas);
}

/** The ReplicaSet with another size, and with what later scaling in proportion has to know. */
export function sized(deployment: Deployment, replicaSet: ReplicaSet, replicas: number): ReplicaSet {
  const wanted = replicasOf(deployment);
  const annotations = {
    ...replicaSet.metadata.annotations,
    [desiredAnnotation]: String(wanted),
    [maxAnnotation]: String(wanted + fenceposts(deployment).maxSurge),
  };
  return {
    ...replicaSet,
    metadata: { ...replicaSet.metadata, annotations },
    spec: { ...replicaSet.spec, replicas },
  };
}

/** The new ReplicaSet with the Deployment's annotations, its minReadySeconds, and `revision` if that is newer than its own. */
export function synced(deployment: Deployment, replicaSet: ReplicaSet, revision: string): ReplicaSet {
  const annotations: Record<string, string> = { ...replicaSet.metadata.annotations };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!ownAnnotations.has(key)) annotations[key] = value;
  }
  const old = revisionOf(replicaSet);
  if (old < BigInt(revision)) {
    annotations[revisionAnnotation] = revision;
    if (old > 0n) annotations[historyAnnotation] = longer(annotations[historyAnnotation], String(old));
  }
  const { minReadySeconds = 0 } = deployment.spec;
  const unchanged = (replicaSet.spec.minReadySeconds ?? 0) === minReadySeconds;
  return {
    ...replicaSet,
    metadata: { ...replicaSet.metadata, annotations },
    spec: unchanged ? replicaSet.spec : { ...replicaSet.spec, minReadySeconds },
  };
}

/** A list of revisions with one more; the oldest go when it becomes too long. */
function longer(history: string | undefined, revision: string): string {
  const revisions = history ? history.split(",") : [];
  if (revisions.at(-1) !== revision) revisions.push(revision);
  while (revisions.join(",").length > maxHistoryLength) revisions.shift();
  return revisions.join(",");
}
