import { type Path, root } from "../../../api/meta/field.ts";
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from "../../../api/types/core_v1.ts";
import { quantityAt } from "./checks.ts";

export const classAnnotation = "volume.beta.kubernetes.io/storage-class";

export function claimWarnings({ metadata, spec }: PersistentVolumeClaim): string[] {
  const at = root("metadata", "annotations").key(classAnnotation);
  const isOld = metadata.annotations?.[classAnnotation] !== undefined;
  return [
    ...isOld ? [`${at}: deprecated since v1.8; use "storageClassName" attribute instead`] : [],
    ...claimSpecWarnings(spec, root("spec")),
  ];
}

/** A warning of a number of bytes that is none: the part of a byte is refused where it is used. */
export function fractionWarning(text: string | undefined, path: Path): string[] {
  const quantity = text === undefined ? undefined : quantityAt(text, path, []);
  if (!quantity || quantity.milliValue() % 1000 === 0) return [];
  return [`${path}: fractional byte value "${quantity}" is invalid, must be an integer`];
}

export function claimSpecWarnings({ resources }: PersistentVolumeClaimSpec, path: Path): string[] {
  return (["requests", "limits"] as const).flatMap((field) =>
    fractionWarning(resources?.[field]?.["storage"], path.child("resources", field).key("storage"))
  );
}
