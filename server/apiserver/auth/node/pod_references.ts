import type { PersistentVolume, Pod, Volume } from "../../../../api/types/core_v1.ts";

/** The annotation of mirror Pods: a node makes those itself, so that what they refer to proves nothing. */
const mirrorAnnotation = "kubernetes.io/config.mirror";

/** `resource/namespace/name` of everything that a node needs to run the Pod. */
export function referencesOf(pod: Pod): Set<string> {
  const { namespace = "", name = "", annotations } = pod.metadata;
  const found = annotations?.[mirrorAnnotation] === undefined ? objectsOf(pod) : new Set<string>();
  return found.add(reference("pods", namespace, name));
}

/** Likewise, of everything that the Pod names, whoever made it. */
export function objectsOf(pod: Pod): Set<string> {
  const found = new Set<string>();
  const { namespace = "", name: podName = "" } = pod.metadata;
  const add = (resource: string, name: string | undefined) => {
    if (name) found.add(reference(resource, namespace, name));
  };
  const { spec, status } = pod;
  add("serviceaccounts", spec.serviceAccountName);
  for (const { name } of spec.imagePullSecrets ?? []) add("secrets", name);
  const containers = [...spec.initContainers ?? [], ...spec.containers ?? [], ...spec.ephemeralContainers ?? []];
  for (const { env = [], envFrom = [] } of containers) {
    for (const { valueFrom } of env) {
      add("secrets", valueFrom?.secretKeyRef?.name);
      add("configmaps", valueFrom?.configMapKeyRef?.name);
    }
    for (const { secretRef, configMapRef } of envFrom) {
      add("secrets", secretRef?.name);
      add("configmaps", configMapRef?.name);
    }
  }
  for (const volume of spec.volumes ?? []) addVolume(volume, podName, add);
  for (const { name, resourceClaimName, resourceClaimTemplateName } of spec.resourceClaims ?? []) {
    add("resourceclaims", resourceClaimName);
    if (resourceClaimTemplateName === undefined) continue;
    add("resourceclaims", status?.resourceClaimStatuses?.find((claim) => claim.name === name)?.resourceClaimName);
  }
  add("resourceclaims", status?.extendedResourceClaimStatus?.resourceClaimName);
  return found;
}

export function reference(resource: string, namespace: string, name: string): string {
  return `${resource}/${namespace}/${name}`;
}

/** Secrets of a volume that a node mounts, as `namespace/name`. */
export function secretsOfVolume({ spec = {} }: PersistentVolume): string[] {
  const claimNamespace = spec.claimRef?.namespace ?? "";
  const { csi, azureFile, cephfs, cinder, flexVolume, rbd, scaleIO, iscsi, storageos } = spec;
  const refs = [
    azureFile && { name: azureFile.secretName, namespace: azureFile.secretNamespace },
    ...[cephfs, cinder, flexVolume, rbd, scaleIO, iscsi, storageos].map((source) => source?.secretRef),
    csi?.nodePublishSecretRef,
    csi?.nodeStageSecretRef,
    csi?.nodeExpandSecretRef,
  ];
  return refs.flatMap((ref) => ref?.name ? [`${ref.namespace || claimNamespace}/${ref.name}`] : []);
}

function addVolume(volume: Volume, podName: string, add: (resource: string, name: string | undefined) => void): void {
  const { persistentVolumeClaim, ephemeral, configMap, secret, projected, azureFile, csi } = volume;
  add("persistentvolumeclaims", persistentVolumeClaim?.claimName);
  if (ephemeral) add("persistentvolumeclaims", `${podName}-${volume.name}`);
  add("configmaps", configMap?.name);
  add("secrets", secret?.secretName);
  add("secrets", azureFile?.secretName);
  add("secrets", csi?.nodePublishSecretRef?.name);
  const { cephfs, cinder, flexVolume, rbd, scaleIO, iscsi, storageos } = volume;
  for (const source of [cephfs, cinder, flexVolume, rbd, scaleIO, iscsi, storageos]) {
    add("secrets", source?.secretRef?.name);
  }
  for (const source of projected?.sources ?? []) {
    add("configmaps", source.configMap?.name);
    add("secrets", source.secret?.name);
  }
}
