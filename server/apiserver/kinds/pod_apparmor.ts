import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { root } from "../../../api/meta/field.ts";
import type { AppArmorProfile, Pod } from "../../../api/types/core_v1.ts";
import { own } from "./checks.ts";
import { appArmorPrefix, localhostPrefix } from "./pod_annotations.ts";
import { containersOf } from "./pod_containers.ts";

const maxProfile = 4095;

/** The profile that an annotation of older clients names; undefined for what names none. */
export function profileOf(annotation: string): AppArmorProfile | undefined {
  if (annotation === "unconfined") return { type: "Unconfined" };
  if (annotation === "runtime/default") return { type: "RuntimeDefault" };
  if (!annotation.startsWith(localhostPrefix)) return undefined;
  const localhostProfile = annotation.slice(localhostPrefix.length);
  const isValid = localhostProfile !== "" && localhostProfile.trim() === localhostProfile &&
    localhostProfile.length <= maxProfile;
  return isValid ? { type: "Localhost", localhostProfile } : undefined;
}

/** A new Pod that names profiles by annotations has them in its containers' fields, too, where these say nothing. */
export function syncAppArmor(pod: Pod, warn: (message: string) => void): void {
  const { metadata: { annotations = {} }, spec } = pod;
  if (spec.os?.name === "windows" || !Object.keys(annotations).some((key) => key.startsWith(appArmorPrefix))) return;
  for (const [container] of containersOf(spec, root("spec"))) {
    const key = `${appArmorPrefix}${container.name}`;
    const annotation = own(annotations, key);
    if (annotation === undefined || container.securityContext?.appArmorProfile) continue;
    const profile = profileOf(annotation);
    if (profile && deepEqual(profile, spec.securityContext?.appArmorProfile)) continue;
    if (profile) (container.securityContext ??= {}).appArmorProfile = profile;
    const at = root("metadata", "annotations").key(key);
    warn(`${at}: deprecated since v1.30; use the "appArmorProfile" field instead`);
  }
}
