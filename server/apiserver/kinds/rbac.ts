import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, root } from "../../../api/meta/field.ts";
import { checkDns1123Subdomain, checkPathSegmentName } from "../../../api/meta/names.ts";
import type { ClusterRole, PolicyRule, Role, RoleBinding, RoleRef } from "../../../api/types/rbac_v1.ts";
import { checkText, labelSelectorAt, requireOneOf, requireText } from "./checks.ts";
import type { Strategy } from "./strategy.ts";

const group = "rbac.authorization.k8s.io";

export const roleStrategy: Strategy<Role> = {
  checkName: checkPathSegmentName,
  createsOnUpdate: true,
  validate: ({ rules = [] }) => validateRules(rules, true),
};

export const clusterRoleStrategy: Strategy<ClusterRole> = {
  checkName: checkPathSegmentName,
  createsOnUpdate: true,
  validate({ rules = [], aggregationRule }) {
    const errors = validateRules(rules ?? [], false);
    if (aggregationRule === undefined) return errors;
    const path = root("aggregationRule", "clusterRoleSelectors");
    const selectors = aggregationRule.clusterRoleSelectors ?? [];
    if (selectors.length === 0) {
      errors.push(FieldError.required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil"));
    }
    for (const [index, selector] of selectors.entries()) {
      if (labelSelectorAt(selector, path.index(index), errors)) continue;
      errors.push(FieldError.invalid(path.index(index), null, "invalid label selector."));
    }
    return errors;
  },
};

export const roleBindingStrategy: Strategy<RoleBinding> = {
  checkName: checkPathSegmentName,
  createsOnUpdate: true,
  defaults(binding) {
    if (binding.roleRef) binding.roleRef.apiGroup ||= group;
    for (const subject of binding.subjects ?? []) {
      if (subject.kind === "User" || subject.kind === "Group") subject.apiGroup ||= group;
    }
  },
  validate({ roleRef, subjects = [], metadata }) {
    const errors: FieldError[] = [];
    const path = root("roleRef");
    if (roleRef?.apiGroup && roleRef.apiGroup !== group) {
      errors.push(FieldError.notSupported(path.child("apiGroup"), roleRef.apiGroup, [group]));
    }
    // A binding in no namespace gives what a ClusterRole allows, everywhere.
    const kinds = metadata.namespace ? ["Role", "ClusterRole"] : ["ClusterRole"];
    requireOneOf(roleRef?.kind ?? "", path.child("kind"), kinds, errors);
    requireText(roleRef?.name, path.child("name"), errors);
    for (const [index, { kind = "", name = "", apiGroup = "", namespace }] of subjects.entries()) {
      const at = root("subjects").index(index);
      requireText(name, at.child("name"), errors);
      if ((kind === "User" || kind === "Group") && apiGroup !== group) {
        errors.push(FieldError.notSupported(at.child("apiGroup"), apiGroup, [group]));
      }
      if (kind === "ServiceAccount" && name !== "") checkText(name, at.child("name"), checkDns1123Subdomain, errors);
      if (kind === "ServiceAccount" && apiGroup !== "") {
        errors.push(FieldError.notSupported(at.child("apiGroup"), apiGroup, [""]));
      }
      requireOneOf(kind, at.child("kind"), ["ServiceAccount", "User", "Group"], errors);
      if (kind === "ServiceAccount" && !namespace && !metadata.namespace) {
        errors.push(FieldError.required(at.child("namespace")));
      }
    }
    return errors;
  },
  validateUpdate({ roleRef }, old) {
    return deepEqual(roleRef, old.roleRef)
      ? []
      : [FieldError.invalid(root("roleRef"), printed(roleRef), "cannot change roleRef")];
  },
};

/** By the names that upstream has in its program. */
function printed({ apiGroup = "", kind, name }: RoleRef): { APIGroup: string; Kind: string; Name: string } {
  return { APIGroup: apiGroup, Kind: kind, Name: name };
}

function validateRules(rules: readonly PolicyRule[], namespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, rule] of rules.entries()) {
    const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
    const path = root("rules").index(index);
    if (verbs.length === 0) {
      errors.push(FieldError.required(path.child("verbs"), "verbs must contain at least one value"));
    }
    if (nonResourceURLs.length > 0) {
      if (namespaced) {
        const detail = "namespaced rules cannot apply to non-resource URLs";
        errors.push(FieldError.invalid(path.child("nonResourceURLs"), nonResourceURLs, detail));
      }
      if (apiGroups.length > 0 || resources.length > 0 || resourceNames.length > 0) {
        const detail = "rules cannot apply to both regular resources and non-resource URLs";
        errors.push(FieldError.invalid(path.child("nonResourceURLs"), nonResourceURLs, detail));
      }
      continue;
    }
    if (apiGroups.length === 0) {
      errors.push(FieldError.required(path.child("apiGroups"), "resource rules must supply at least one api group"));
    }
    if (resources.length === 0) {
      errors.push(FieldError.required(path.child("resources"), "resource rules must supply at least one resource"));
    }
  }
  return errors;
}
