import type { Pod, VolumeProjection } from "../../../../api/types/core_v1.ts";

/** Volumes that a node can mount without asking the API. */
const local: ReadonlySet<string> = new Set([
  "awsElasticBlockStore",
  "azureDisk",
  "cephfs",
  "cinder",
  "downwardAPI",
  "emptyDir",
  "fc",
  "flexVolume",
  "flocker",
  "gcePersistentDisk",
  "gitRepo",
  "hostPath",
  "image",
  "iscsi",
  "nfs",
  "photonPersistentDisk",
  "portworxVolume",
  "quobyte",
  "rbd",
  "scaleIO",
  "storageos",
  "vsphereVolume",
]);

/** What the others need. */
const needs: Readonly<Record<string, string>> = {
  configMap: "configmaps (via configmap volumes)",
  secret: "secrets (via secret volumes)",
  csi: "csidrivers (via CSI volumes)",
  glusterfs: "endpoints (via glusterFS volumes)",
  persistentVolumeClaim: "persistentvolumeclaims",
  ephemeral: "persistentvolumeclaims (via ephemeral volumes)",
  azureFile: "secrets (via azureFile volumes)",
};

const projections: Readonly<Record<Exclude<keyof VolumeProjection, "downwardAPI">, string>> = {
  configMap: "configmaps (via projected volumes)",
  secret: "secrets (via projected volumes)",
  serviceAccountToken: "serviceaccounts (via projected volumes)",
  clusterTrustBundle: "clustertrustbundles",
  podCertificate: "podcertificates",
};

/** The first thing of the API that a Pod cannot do without, in upstream's words. A Pod that a node itself makes has none. */
export function apiReferenceOf({ spec }: Pod): string | undefined {
  if (spec.serviceAccountName) return "serviceaccounts";
  const containers = [...spec.initContainers ?? [], ...spec.containers ?? [], ...spec.ephemeralContainers ?? []];
  const sources = containers.flatMap(({ env = [], envFrom = [] }) => [
    ...env.map(({ valueFrom }) => ({ secret: valueFrom?.secretKeyRef, configMap: valueFrom?.configMapKeyRef })),
    ...envFrom.map(({ secretRef, configMapRef }) => ({ secret: secretRef, configMap: configMapRef })),
  ]);
  const volumeSecrets = (spec.volumes ?? []).flatMap(({ name: _, ...volume }) =>
    Object.values(volume).map((source) => (source as { secretRef?: { name?: string } })?.secretRef)
  );
  if ([...spec.imagePullSecrets ?? [], ...sources.map(({ secret }) => secret), ...volumeSecrets].some((s) => s?.name)) {
    return "secrets";
  }
  if (sources.some(({ configMap }) => configMap?.name)) return "configmaps";
  if (spec.resourceClaims?.length) return "resourceclaims";
  for (const { name: _, projected, ...volume } of spec.volumes ?? []) {
    const [kind] = Object.keys(volume);
    const found = projected
      ? referenceOfProjections(projected.sources ?? [])
      : kind === undefined || local.has(kind)
      ? undefined
      : needs[kind] ?? `${kind} volumes`;
    if (found !== undefined) return found;
  }
  return undefined;
}

function referenceOfProjections(sources: readonly VolumeProjection[]): string | undefined {
  for (const source of sources) {
    for (const [kind, what] of Object.entries(projections)) if (kind in source) return what;
  }
  return undefined;
}
