import type { Path } from "../../../api/meta/field.ts";
import type { PersistentVolumeClaimSpec } from "../../../api/types/core_v1.ts";
import { quantityAt } from "./checks.ts";

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
