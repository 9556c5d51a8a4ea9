import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import { checkDns1123Label, checkDns1123Subdomain } from "../../../api/meta/names.ts";
import { goValue } from "../../../api/schema/go_value.ts";
import type { PodResourceClaim } from "../../../api/types/core_v1.ts";
import { checkText } from "./checks.ts";

/** ResourceClaims of a Pod: each by its name, or by the template that one is made from. */
export function validatePodClaims(
  claims: readonly PodResourceClaim[],
  isMirror: boolean,
  path: Path,
  errors: FieldError[],
): void {
  const seen = new Set<string>();
  for (const [index, claim] of claims.entries()) {
    if (isMirror) {
      errors.push(FieldError.forbidden(root(""), "static pods do not support resource claims"));
      continue;
    }
    const { name, resourceClaimName, resourceClaimTemplateName } = claim;
    const at = path.index(index);
    if (!name) errors.push(FieldError.required(at.child("name")));
    else if (seen.has(name)) errors.push(FieldError.duplicate(at.child("name"), name));
    else checkText(name, at.child("name"), checkDns1123Label, errors);
    seen.add(name);
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      const detail = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified";
      errors.push(FieldError.invalid(at, goValue("io.k8s.api.core.v1.PodResourceClaim", claim), detail));
    }
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      const detail = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`";
      errors.push(FieldError.invalid(at, goValue("io.k8s.api.core.v1.PodResourceClaim", claim), detail));
    }
    for (const field of ["resourceClaimName", "resourceClaimTemplateName"] as const) {
      if (claim[field] !== undefined) checkText(claim[field], at.child(field), checkDns1123Subdomain, errors);
    }
  }
}
