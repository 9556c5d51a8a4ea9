/** What containers of Windows ask of their node. */
import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkDns1123Subdomain } from "../../../api/meta/names.ts";
import type { PodSpec, WindowsSecurityContextOptions } from "../../../api/types/core_v1.ts";
import { checkText } from "./checks.ts";
import { containersOf } from "./pod_containers.ts";

const maxCredentialSpecBytes = 64 * 1024;
const maxDomain = 255;
const maxUser = 104;
const netBiosName = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const dnsDomain = /^[a-zA-Z0-9](?:[a-zA-Z0-9-.]{0,61}[a-zA-Z0-9])?$/;

export function validateWindowsOptions(
  options: WindowsSecurityContextOptions | undefined,
  path: Path,
  errors: FieldError[],
): void {
  const { gmsaCredentialSpecName, gmsaCredentialSpec, runAsUserName } = options ?? {};
  if (gmsaCredentialSpecName !== undefined) {
    checkText(gmsaCredentialSpecName, path.child("gmsaCredentialSpecName"), checkDns1123Subdomain, errors);
  }
  if (gmsaCredentialSpec !== undefined) {
    const at = path.child("gmsaCredentialSpec");
    if (gmsaCredentialSpec === "") {
      errors.push(FieldError.invalid(at, "", "gmsaCredentialSpec cannot be an empty string"));
    } else if (gmsaCredentialSpec.length > maxCredentialSpecBytes) {
      errors.push(FieldError.invalid(at, gmsaCredentialSpec, "gmsaCredentialSpec size must be under 64 KiB"));
    }
  }
  if (runAsUserName !== undefined) checkText(runAsUserName, path.child("runAsUserName"), checkUserName, errors);
}

/** `user` or `domain\user`. */
function checkUserName(name: string): string[] {
  if (name === "") return ["runAsUserName cannot be an empty string"];
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f]/.test(name)) return ["runAsUserName cannot contain control characters"];
  const parts = name.split("\\");
  if (parts.length > 2) return ["runAsUserName cannot contain more than one backslash"];
  const [user = "", domain] = parts.toReversed();
  const faults: readonly (readonly [boolean, string])[] = [
    [(domain ?? "").length > maxDomain, `Domain length must be under ${maxDomain + 1} characters`],
    [
      domain !== undefined && !netBiosName.test(domain) && !dnsDomain.test(domain),
      "Domain doesn't match the NetBios nor the DNS format",
    ],
    [user === "", "User cannot be empty"],
    [user.length > maxUser, `User length must not be longer than ${maxUser} characters`],
    [/^[. ]+$/.test(user), "User cannot contain only periods or spaces"],
    [/["/\\:;|=,+*?<>@[\]]/.test(user), 'User cannot contain the following characters: "/\\:;|=,+*?<>@[]'],
  ];
  return faults.filter(([holds]) => holds).map(([, text]) => `runAsUserName's ${text}`);
}

/** Containers that run as the node's own processes: all or none, and on its network. */
export function validateHostProcess(spec: PodSpec, path: Path, errors: FieldError[]): void {
  const pods = spec.securityContext?.windowsOptions?.hostProcess;
  const containers = containersOf(spec, path);
  let count = 0;
  for (const [{ securityContext }, at] of containers) {
    const own = securityContext?.windowsOptions?.hostProcess;
    if (pods !== undefined && own !== undefined && pods !== own) {
      const detail = `pod hostProcess value must be identical if both are specified, was ${pods}`;
      errors.push(FieldError.invalid(at.child("securityContext", "windowsOptions", "hostProcess"), own, detail));
    }
    if (own ?? pods) count++;
  }
  if (count === 0) return;
  if (count !== containers.length) {
    const detail = "If pod contains any hostProcess containers then all containers must be HostProcess containers";
    errors.push(FieldError.invalid(path, "", detail));
  }
  if (!spec.hostNetwork) {
    const detail = "hostNetwork must be true if pod contains any hostProcess containers";
    errors.push(FieldError.invalid(path.child("hostNetwork"), false, detail));
  }
}
