import { controllerReference, ownerReference } from "../../../api/meta/owner.ts";
import { pods, statefulsets } from "../../../api/resources.ts";
import type { ControllerRevision, StatefulSet } from "../../../api/types/apps_v1.ts";
import type { PersistentVolumeClaim, Pod, PodTemplateSpec } from "../../../api/types/core_v1.ts";
import type { OwnerReference } from "../../../api/types/meta_v1.ts";
import { revisionLabel, templateOf } from "../revisions/revisions.ts";

const podNameLabel = "statefulset.kubernetes.io/pod-name";
const podIndexLabel = "apps.kubernetes.io/pod-index";

export function podName(set: StatefulSet, ordinal: number): string {
  return `${set.metadata.name}-${ordinal}`;
}

/** Undefined for a Pod that is not named like one of the set. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const { name = "" } = pod.metadata;
  const prefix = `${set.metadata.name}-`;
  const text = name.slice(prefix.length);
  return name.startsWith(prefix) && /^(0|[1-9][0-9]{0,8})$/.test(text) ? Number(text) : undefined;
}

/** The name of the revision that a Pod was made from. */
export function revisionOf({ metadata }: Pod): string | undefined {
  return metadata.labels?.[revisionLabel];
}

/** The template of one Pod: of a revision, with the identity of its ordinal and its own claims. */
export function templateFor(set: StatefulSet, ordinal: number, revision: ControllerRevision): PodTemplateSpec {
  const { metadata, spec } = templateOf(revision);
  const name = podName(set, ordinal);
  const claims = set.spec.volumeClaimTemplates ?? [];
  const own = new Set(claims.map((claim) => claim.metadata.name));
  const volumes = [
    ...(spec.volumes ?? []).filter((volume) => !own.has(volume.name)),
    ...claims.map((claim) => ({
      name: claim.metadata.name ?? "",
      persistentVolumeClaim: { claimName: claimName(set, claim, ordinal) },
    })),
  ];
  return {
    metadata: {
      ...metadata,
      labels: {
        ...metadata?.labels,
        [podNameLabel]: name,
        [podIndexLabel]: String(ordinal),
        [revisionLabel]: revision.metadata.name ?? "",
      },
    },
    spec: {
      ...spec,
      hostname: name,
      ...(set.spec.serviceName ? { subdomain: set.spec.serviceName } : {}),
      ...(volumes.length > 0 ? { volumes } : {}),
    },
  };
}

function claimName(set: StatefulSet, claim: PersistentVolumeClaim, ordinal: number): string {
  return `${claim.metadata.name}-${podName(set, ordinal)}`;
}

/** The claims that a Pod of this ordinal mounts. */
export function claimsFor(set: StatefulSet, ordinal: number): PersistentVolumeClaim[] {
  return (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    ...template,
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      ...template.metadata,
      name: claimName(set, template, ordinal),
      namespace: set.metadata.namespace ?? "",
      labels: { ...template.metadata.labels, ...set.spec.selector.matchLabels },
    },
  }));
}

/**
 * The owner references of a claim as `persistentVolumeClaimRetentionPolicy` wants them: the set's where claims go with it, the Pod's where they
 * go with a Pod that is one too many (`condemned`). Others stay. Undefined when it has them.
 */
export function claimOwners(
  set: StatefulSet,
  claim: PersistentVolumeClaim,
  pod: Pod | undefined,
  condemned: boolean,
): OwnerReference[] | undefined {
  const { whenDeleted, whenScaled } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  const goesWithPod = condemned && whenScaled === "Delete" && pod !== undefined;
  const goesWithSet = whenDeleted === "Delete" && !goesWithPod;
  const present = claim.metadata.ownerReferences ?? [];
  const ours = new Set([set.metadata.uid, pod?.metadata.uid]);
  const wanted = present.filter(({ uid }) => !ours.has(uid));
  if (goesWithSet) wanted.push(controllerReference(set, statefulsets));
  if (goesWithPod) wanted.push(ownerReference(pod, pods));
  const uids = (references: readonly OwnerReference[]) => references.map(({ uid }) => uid).sort().join();
  return uids(present) === uids(wanted) ? undefined : wanted;
}
