/** What a Pod may say on one operating system and not on the other. */
import { FieldError, type Path } from "../../../api/meta/field.ts";
import type { PodSecurityContext, PodSpec, SecurityContext } from "../../../api/types/core_v1.ts";
import { containersOf } from "./pod_containers.ts";

const systems = ["linux", "windows"];

const linuxPodFields: readonly (keyof PodSpec)[] = ["hostUsers", "hostPID", "hostIPC", "shareProcessNamespace"];
const linuxPodContextFields: readonly (keyof PodSecurityContext)[] = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "fsGroup",
  "fsGroupChangePolicy",
  "sysctls",
  "runAsUser",
  "runAsGroup",
  "supplementalGroups",
  "supplementalGroupsPolicy",
  "seLinuxChangePolicy",
];
const linuxContextFields: readonly (keyof SecurityContext)[] = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "capabilities",
  "readOnlyRootFilesystem",
  "privileged",
  "allowPrivilegeEscalation",
  "procMount",
  "runAsUser",
  "runAsGroup",
];

/** `path` is the spec's. */
export function validateOS(spec: PodSpec, path: Path, errors: FieldError[]): void {
  if (!spec.os) return;
  const { name } = spec.os;
  if (!name) errors.push(FieldError.required(path.child("os", "name")));
  else if (!systems.includes(name)) errors.push(FieldError.notSupported(path.child("os"), name, systems));
  else if (name === "linux") forbid(spec, path, ["windowsOptions"], ["windowsOptions"], errors);
  else forbid(spec, path, linuxPodContextFields, linuxContextFields, errors);
}

function forbid(
  spec: PodSpec,
  path: Path,
  podFields: readonly (keyof PodSecurityContext)[],
  fields: readonly (keyof SecurityContext)[],
  errors: FieldError[],
): void {
  const refuse = (at: Path) =>
    errors.push(FieldError.forbidden(
      at,
      spec.os?.name === "linux" ? "windows options cannot be set for a linux pod" : "cannot be set for a windows pod",
    ));
  if (spec.os?.name === "windows") {
    for (const field of linuxPodFields) if (isSet(spec, field)) refuse(path.child(field));
  }
  const context = spec.securityContext ?? {};
  for (const field of podFields) if (isSet(context, field)) refuse(path.child("securityContext", field));
  for (const [{ securityContext = {} }, at] of containersOf(spec, path)) {
    for (const field of fields) if (isSet(securityContext, field)) refuse(at.child("securityContext", field));
  }
}

/** For the host's namespaces `false` is as good as nothing. */
function isSet<T extends object>(holder: T, field: keyof T): boolean {
  const value = holder[field];
  return value !== undefined && !((field === "hostPID" || field === "hostIPC") && value === false);
}
