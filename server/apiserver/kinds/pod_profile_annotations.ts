import { FieldError, type Path } from "../../../api/meta/field.ts";
import type { PodSpec } from "../../../api/types/core_v1.ts";
import type { ObjectMeta } from "../../../api/types/meta_v1.ts";
import { own } from "./checks.ts";
import { appArmorPrefix, localhostPrefix, seccompPod, seccompPrefix } from "./pod_annotations.ts";
import { containersOf } from "./pod_containers.ts";

type Profile = { readonly type: string; readonly localhostProfile?: string };

/** A profile that a new Pod states in a field and, as it was done before there were fields, in an annotation, has to be the same one. */
export function validateProfileAnnotations(
  { annotations = {} }: Readonly<ObjectMeta>,
  spec: PodSpec,
  specPath: Path,
): FieldError[] {
  const errors: FieldError[] = [];
  const { securityContext, os } = spec;
  const check = (kind: "seccomp" | "apparmor", key: string, profile: Profile | undefined, path: Path) => {
    const annotation = own(annotations, key);
    if (annotation !== undefined && profile) requireSame(kind, annotation, profile, path, errors);
  };
  check("seccomp", seccompPod, securityContext?.seccompProfile, specPath.child("securityContext", "seccompProfile"));
  const containers = containersOf(spec, specPath);
  for (const [container, path] of containers) {
    const at = path.child("securityContext", "seccompProfile");
    check("seccomp", `${seccompPrefix}${container.name}`, container.securityContext?.seccompProfile, at);
  }
  if (os?.name === "windows") return errors;
  for (const [container, path] of containers) {
    const profile = container.securityContext?.appArmorProfile ?? securityContext?.appArmorProfile;
    const at = path.child("securityContext", "appArmorProfile");
    check("apparmor", `${appArmorPrefix}${container.name}`, profile, at);
  }
  return errors;
}

/** What an annotation may say for a type of profile. */
const words: Readonly<Record<string, readonly string[]>> = {
  "seccomp Unconfined": ["unconfined"],
  "seccomp RuntimeDefault": ["runtime/default", "docker/default"],
  "apparmor Unconfined": ["unconfined"],
  "apparmor RuntimeDefault": ["runtime/default"],
};

function requireSame(
  kind: "seccomp" | "apparmor",
  annotation: string,
  { type, localhostProfile }: Profile,
  path: Path,
  errors: FieldError[],
): void {
  const wrongType = FieldError.forbidden(path.child("type"), `${kind} type in annotation and field must match`);
  const known = words[`${kind} ${type}`];
  if (known) {
    if (!known.includes(annotation)) errors.push(wrongType);
  } else if (type === "Localhost") {
    if (!annotation.startsWith(localhostPrefix)) errors.push(wrongType);
    else if (annotation.slice(localhostPrefix.length) !== localhostProfile) {
      const detail = `${kind} profile in annotation and field must match`;
      errors.push(FieldError.forbidden(path.child("localhostProfile"), detail));
    }
  }
}
