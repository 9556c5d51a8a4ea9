import { root } from "../../../api/meta/field.ts";
import type { PersistentVolume } from "../../../api/types/core_v1.ts";
import { warnOfNodeTerm } from "./deprecated_node_labels.ts";
import { specPath } from "./scheduling_validation.ts";

const annotations: Readonly<Record<string, string>> = {
  "volume.beta.kubernetes.io/storage-class": 'deprecated since v1.8; use "storageClassName" attribute instead',
  "volume.beta.kubernetes.io/mount-options": 'deprecated since v1.31; use "mountOptions" attribute instead',
};

/** By field, upstream's spelling of it, and since when. */
const sources = [
  ["cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"],
  ["photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"],
  ["scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"],
  ["storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"],
  ["glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"],
  ["rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"],
] as const;

export function persistentVolumeWarnings({ metadata, spec }: PersistentVolume): string[] {
  const warnings: string[] = [];
  for (const [key, message] of Object.entries(annotations)) {
    if (metadata.annotations?.[key] === undefined) continue;
    warnings.push(`${root("metadata", "annotations").key(key)}: ${message}`);
  }
  if (spec.persistentVolumeReclaimPolicy === "Recycle") {
    const advice = "the recommended approach is to use dynamic provisioning.";
    const at = specPath.child("persistentVolumeReclaimPolicy");
    warnings.push(`${at}: The Recycle reclaim policy is deprecated. Instead, ${advice}`);
  }
  const at = specPath.child("nodeAffinity", "required", "nodeSelectorTerms");
  for (const [index, term] of (spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).entries()) {
    warnings.push(...warnOfNodeTerm(term, at.index(index)));
  }
  for (const [field, shown, message] of sources) {
    if (spec[field] !== undefined) warnings.push(`${specPath.child(shown)}: ${message}`);
  }
  return warnings;
}
