import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import type { Pod, PodSpec } from "../../../api/types/core_v1.ts";
import type { ObjectMeta } from "../../../api/types/meta_v1.ts";
import { own } from "./checks.ts";
import { validateLocalPath } from "./local_path.ts";

const path = root("metadata", "annotations");
export const mirrorAnnotation = "kubernetes.io/config.mirror";
const deletionCost = "controller.kubernetes.io/pod-deletion-cost";
export const appArmorPrefix = "container.apparmor.security.beta.kubernetes.io/";
export const seccompPod = "seccomp.security.alpha.kubernetes.io/pod";
export const seccompPrefix = "container.seccomp.security.alpha.kubernetes.io/";
const largestInt32 = 2 ** 31 - 1;

/** Annotations that say something about the Pod to Kubernetes itself. `path` is theirs, `old` the metadata before an update. */
export function validatePodAnnotations(
  pod: { readonly metadata: ObjectMeta; readonly spec: PodSpec },
  path: Path,
  old?: Readonly<ObjectMeta>,
): FieldError[] {
  const errors: FieldError[] = [];
  const annotations = pod.metadata.annotations ?? {};
  const mirror = own(annotations, mirrorAnnotation);
  if (mirror !== undefined && !pod.spec.nodeName) {
    const detail = "must set spec.nodeName if mirror pod annotation is set";
    errors.push(FieldError.invalid(path.key(mirrorAnnotation), mirror, detail));
  }
  const cost = own(annotations, deletionCost);
  // What was wrong before it was looked at may stay so.
  if (!isDeletionCost(cost) && isDeletionCost(own(old?.annotations ?? {}, deletionCost))) {
    errors.push(FieldError.invalid(path.key(deletionCost), cost, "must be a 32bit integer"));
  }
  for (const [key, profile] of Object.entries(annotations)) {
    if (key === seccompPod || key.startsWith(seccompPrefix)) validateSeccomp(key, profile, path, errors);
    if (key.startsWith(appArmorPrefix)) validateAppArmor(pod.spec, key, profile, path, errors);
  }
  return errors;
}

/** Profiles of AppArmor and the mark of a mirror are for the Pod's whole life. */
export function validatePodAnnotationUpdate(pod: Pod, old: Readonly<Pod>): FieldError[] {
  const errors: FieldError[] = [];
  const [now, before] = [pod.metadata.annotations ?? {}, old.metadata.annotations ?? {}];
  for (const [key, value] of Object.entries(before)) {
    if (own(now, key) === value) continue;
    if (key.startsWith(appArmorPrefix)) {
      errors.push(FieldError.forbidden(path.key(key), "may not remove or update AppArmor annotations"));
    }
    if (key === mirrorAnnotation) {
      errors.push(FieldError.forbidden(path.key(key), "may not remove or update mirror pod annotation"));
    }
  }
  for (const key of Object.keys(now)) {
    if (Object.hasOwn(before, key)) continue;
    if (key.startsWith(appArmorPrefix)) {
      errors.push(FieldError.forbidden(path.key(key), "may not add AppArmor annotations"));
    }
    if (key === mirrorAnnotation) errors.push(FieldError.forbidden(path.key(key), "may not add mirror pod annotation"));
  }
  // Upstream looks at them once more here, and tells of each fault again.
  return [...errors, ...validatePodAnnotations(pod, path, old.metadata)];
}

function isDeletionCost(text: string | undefined): boolean {
  if (text === undefined) return true;
  const value = Number(text);
  return /^(0|[1-9][0-9]*|-[0-9]+)$/.test(text) && value <= largestInt32 && value >= -largestInt32 - 1;
}

export const seccompProfiles: ReadonlySet<string> = new Set(["runtime/default", "docker/default", "unconfined"]);
export const localhostPrefix = "localhost/";

function validateSeccomp(key: string, profile: string, path: Path, errors: FieldError[]): void {
  if (seccompProfiles.has(profile)) return;
  const at = path.child(key);
  if (profile.startsWith(localhostPrefix)) validateLocalPath(profile.slice(localhostPrefix.length), at, errors);
  else errors.push(FieldError.invalid(at, profile, "must be a valid seccomp profile"));
}

const appArmorProfiles: ReadonlySet<string> = new Set(["", "runtime/default", "unconfined"]);

function validateAppArmor(spec: PodSpec, key: string, profile: string, path: Path, errors: FieldError[]): void {
  const name = key.slice(appArmorPrefix.length);
  const all = [...spec.containers ?? [], ...spec.initContainers ?? [], ...spec.ephemeralContainers ?? []];
  if (!all.some((container) => container.name === name)) {
    errors.push(FieldError.invalid(path.key(key), name, "container not found"));
  }
  if (!appArmorProfiles.has(profile) && !profile.startsWith(localhostPrefix)) {
    const detail = `invalid AppArmor profile name: ${JSON.stringify(profile)}`;
    errors.push(FieldError.invalid(path.key(key), profile, detail));
  }
}
