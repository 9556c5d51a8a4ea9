/** What a Pod and its containers ask of the kernel. */
import { FieldError, type Path } from "../../../api/meta/field.ts";
import type {
  AppArmorProfile,
  PodSecurityContext,
  PodSpec,
  SeccompProfile,
  SecurityContext,
} from "../../../api/types/core_v1.ts";
import { goValue } from "../../../api/schema/go_value.ts";
import { requireOneOf, requireText } from "./checks.ts";
import { validateLocalPath } from "./local_path.ts";
import { validateWindowsOptions } from "./windows_validation.ts";

const maxId = 2 ** 31 - 1;
const maxSysctlName = 253;
/** `kernel.shm_rmid_forced`, `net/ipv4/ip_forward`. */
const sysctlName = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
/** The same as upstream writes it. */
const sysctlForm = "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
const maxAppArmorProfile = 4095;

/** Sysctls of these names are a namespace's, which a Pod may share with its host. */
const namespaces: readonly (readonly ["hostNetwork" | "hostIPC", (name: string) => boolean])[] = [
  ["hostNetwork", (name) => name.startsWith("net.")],
  [
    "hostIPC",
    (name) =>
      /^kernel\.(sem|shm|shmall|shmmax|shmmni|shm_rmid_forced|msg|msgmax|msgmnb|msgmni)$/.test(name) ||
      name.startsWith("fs.mqueue."),
  ],
];

export function validatePodSecurityContext(
  spec: PodSpec,
  path: Path,
  errors: FieldError[],
  old?: Readonly<PodSpec>,
): void {
  const context = spec.securityContext;
  if (!context) return;
  for (const field of ["fsGroup", "runAsUser", "runAsGroup"] as const) {
    requireId(context[field], path.child(field), errors);
  }
  for (const [index, group] of (context.supplementalGroups ?? []).entries()) {
    requireId(group, path.child("supplementalGroups").index(index), errors);
  }
  validateSysctls(context, spec, path.child("sysctls"), errors);
  const oneOf = (field: "fsGroupChangePolicy" | "supplementalGroupsPolicy" | "seLinuxChangePolicy", all: string[]) =>
    requireOneOf(context[field], path.child(field), all, errors);
  oneOf("fsGroupChangePolicy", ["Always", "OnRootMismatch"]);
  oneOf("supplementalGroupsPolicy", ["Merge", "Strict"]);
  // The other way to change labels, by an option of the mount, belongs to a feature that is off; what has a policy already is not asked.
  const isChosen = old?.securityContext?.seLinuxChangePolicy !== undefined;
  oneOf("seLinuxChangePolicy", isChosen ? ["MountOption", "Recursive"] : ["Recursive"]);
  if (spec.hostPID && spec.shareProcessNamespace) {
    const detail = "ShareProcessNamespace and HostPID cannot both be enabled";
    errors.push(FieldError.invalid(path.child("shareProcessNamespace"), true, detail));
  }
  validateWindowsOptions(context.windowsOptions, path.child("windowsOptions"), errors);
  validateProfiles(context, path, errors);
}

/** `hostUsers`: whether the container's users are the node's. */
export function validateSecurityContext(
  context: SecurityContext | undefined,
  hostUsers: boolean,
  path: Path,
  errors: FieldError[],
): void {
  if (!context) return;
  for (const field of ["runAsUser", "runAsGroup"] as const) requireId(context[field], path.child(field), errors);
  requireOneOf(context.procMount, path.child("procMount"), ["Default", "Unmasked"], errors);
  if (hostUsers && context.procMount === "Unmasked") {
    const detail = "`hostUsers` must be false to use `Unmasked`";
    errors.push(FieldError.invalid(path.child("procMount"), context.procMount, detail));
  }
  validateWindowsOptions(context.windowsOptions, path.child("windowsOptions"), errors);
  validateProfiles(context, path, errors);
  if (context.allowPrivilegeEscalation !== false) return;
  const refuse = (what: string) =>
    errors.push(
      FieldError.invalid(
        path,
        goValue("io.k8s.api.core.v1.SecurityContext", context),
        `cannot set \`allowPrivilegeEscalation\` to false and ${what}`,
      ),
    );
  if (context.privileged) refuse("`privileged` to true");
  for (const capability of context.capabilities?.add ?? []) {
    if (capability === "CAP_SYS_ADMIN") refuse("`capabilities.Add` CAP_SYS_ADMIN");
  }
}

function requireId(id: number | undefined, path: Path, errors: FieldError[]): void {
  if (id === undefined || (id >= 0 && id <= maxId)) return;
  errors.push(FieldError.invalid(path, id, `must be between 0 and ${maxId}, inclusive`));
}

function validateSysctls({ sysctls = [] }: PodSecurityContext, spec: PodSpec, path: Path, errors: FieldError[]): void {
  const seen = new Set<string>();
  for (const [index, { name }] of sysctls.entries()) {
    const at = path.index(index).child("name");
    if (!requireText(name, at, errors)) continue;
    if (name.length > maxSysctlName || !sysctlName.test(name)) {
      const detail = `must have at most ${maxSysctlName} characters and match regex ${sysctlForm}`;
      errors.push(FieldError.invalid(at, name, detail));
    } else if (seen.has(name)) errors.push(FieldError.duplicate(at, name));
    seen.add(name);
    for (const [field, owns] of namespaces) {
      if (spec[field] && owns(name.replaceAll("/", "."))) {
        errors.push(FieldError.invalid(at, name, `may not be specified when '${field}' is true`));
      }
    }
  }
}

interface Profiles {
  readonly seccompProfile?: SeccompProfile;
  readonly appArmorProfile?: AppArmorProfile;
}

function validateProfiles({ seccompProfile, appArmorProfile }: Profiles, path: Path, errors: FieldError[]): void {
  if (seccompProfile) validateSeccomp(seccompProfile, path.child("seccompProfile"), errors);
  if (appArmorProfile) validateAppArmor(appArmorProfile, path.child("appArmorProfile"), errors);
}

const profileTypes = ["Localhost", "RuntimeDefault", "Unconfined"];

function validateSeccomp(profile: SeccompProfile, path: Path, errors: FieldError[]): void {
  const { type, localhostProfile } = profile;
  const at = path.child("localhostProfile");
  if (requireText(type, path.child("type"), errors, "type is required when seccompProfile is set")) {
    requireOneOf(type, path.child("type"), profileTypes, errors);
  }
  if (type !== "Localhost") {
    if (localhostProfile !== undefined) {
      const shown = goValue("io.k8s.api.core.v1.SeccompProfile", profile);
      errors.push(FieldError.invalid(at, shown, "can only be set when seccomp type is Localhost"));
    }
  } else if (localhostProfile === undefined) {
    errors.push(FieldError.required(at, "must be set when seccomp type is Localhost"));
  } else validateLocalPath(localhostProfile, at, errors);
}

function validateAppArmor({ type, localhostProfile }: AppArmorProfile, path: Path, errors: FieldError[]): void {
  const at = path.child("localhostProfile");
  if (requireText(type, path.child("type"), errors, "type is required when appArmorProfile is set")) {
    requireOneOf(type, path.child("type"), profileTypes, errors);
  }
  if (type === "Localhost") {
    const missing = "must be set when AppArmor type is Localhost";
    if (!requireText(localhostProfile, at, errors, missing)) return;
    if (localhostProfile.trim() !== localhostProfile) {
      errors.push(FieldError.invalid(at, localhostProfile, "must not be padded with whitespace"));
    }
    if (localhostProfile.length > maxAppArmorProfile) errors.push(FieldError.tooLong(at, maxAppArmorProfile));
  } else if (localhostProfile !== undefined && profileTypes.includes(type)) {
    errors.push(FieldError.invalid(at, localhostProfile, "can only be set when AppArmor type is Localhost"));
  }
}
