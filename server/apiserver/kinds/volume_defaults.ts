import type { PersistentVolumeSpec, Volume } from "../../../api/types/core_v1.ts";

const defaultMode = 0o644;
const tokenSeconds = 3600;

/** `pullPolicy` gives the policy for an image's name. */
export function defaultVolume(volume: Volume, pullPolicy: (image: string) => string): void {
  const { secret, configMap, downwardAPI, projected, ephemeral, image } = volume;
  if (Object.keys(volume).every((key) => key === "name")) volume.emptyDir = {};
  if (secret) secret.defaultMode ??= defaultMode;
  if (configMap) configMap.defaultMode ??= defaultMode;
  if (downwardAPI) {
    downwardAPI.defaultMode ??= defaultMode;
    for (const { fieldRef } of downwardAPI.items ?? []) if (fieldRef) fieldRef.apiVersion ??= "v1";
  }
  if (projected) {
    projected.defaultMode ??= defaultMode;
    for (const { serviceAccountToken, downwardAPI } of projected.sources ?? []) {
      if (serviceAccountToken) serviceAccountToken.expirationSeconds ??= tokenSeconds;
      for (const { fieldRef } of downwardAPI?.items ?? []) if (fieldRef) fieldRef.apiVersion ??= "v1";
    }
  }
  defaultSource(volume);
  if (ephemeral?.volumeClaimTemplate) ephemeral.volumeClaimTemplate.spec.volumeMode ??= "Filesystem";
  if (image) image.pullPolicy ??= pullPolicy(image.reference ?? "");
}

/** Of the types that PersistentVolumes have, too. */
export function defaultSource(
  { hostPath, iscsi, rbd, azureDisk, scaleIO }: Volume | PersistentVolumeSpec,
): void {
  if (hostPath) hostPath.type ??= "";
  if (iscsi) iscsi.iscsiInterface ??= "default";
  if (rbd) Object.assign(rbd, { pool: "rbd", user: "admin", keyring: "/etc/ceph/keyring", ...rbd });
  if (azureDisk) {
    Object.assign(azureDisk, {
      cachingMode: "ReadWrite",
      kind: "Shared",
      fsType: "ext4",
      readOnly: false,
      ...azureDisk,
    });
  }
  if (scaleIO) Object.assign(scaleIO, { storageMode: "ThinProvisioned", fsType: "xfs", ...scaleIO });
}
