/** Admission policies and their bindings; nothing applies them yet. */
import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkDns1123Subdomain, checkPathSegmentName } from "../../../api/meta/names.ts";
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  ParamRef,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from "../../../api/types/admissionregistration_v1.ts";
import { loadExpressions } from "./admission_expressions.ts";
import { warnOfStaticName } from "./admission_names.ts";
import { defaultMatch, validateMatch } from "./admission_rules.ts";
import { checkText, labelSelectorAt, requireOneOf, requireText, requireUnique } from "./checks.ts";
import { requireMutatingOperations, validateMutatingPolicy } from "./mutating_policy_validation.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";
import { validatePolicyStatus, validateValidatingPolicy } from "./validating_policy_validation.ts";

type Policy = ValidatingAdmissionPolicy | MutatingAdmissionPolicy;
type Binding = ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding;

const policy = {
  generationFields: ["spec"],
  requiresResourceVersion: true,
  load: loadExpressions,
  warnings: warnOfStaticName,
  defaults({ spec }: Policy) {
    spec.failurePolicy ??= "Fail";
    if (spec.matchConstraints) defaultMatch(spec.matchConstraints);
  },
} as const;

const binding = {
  generationFields: ["spec"],
  requiresResourceVersion: true,
  warnings: warnOfStaticName,
  defaults({ spec }: Binding) {
    if (spec.matchResources) defaultMatch(spec.matchResources);
  },
} as const;

export const validatingPolicyStrategy: Strategy<ValidatingAdmissionPolicy> = {
  ...policy,
  validate: validateValidatingPolicy,
  validateStatusUpdate: ({ status }) => validatePolicyStatus(status ?? {}),
};

export const mutatingPolicyStrategy: Strategy<MutatingAdmissionPolicy> = {
  ...policy,
  validate: ({ spec }) => validateMutatingPolicy(spec),
};

export const validatingPolicyBindingStrategy: Strategy<ValidatingAdmissionPolicyBinding> = {
  ...binding,
  validate(object) {
    const errors = validateBinding(object);
    validateActions(object.spec.validationActions ?? [], specPath.child("validationActions"), errors);
    return errors;
  },
};

export const mutatingPolicyBindingStrategy: Strategy<MutatingAdmissionPolicyBinding> = {
  ...binding,
  validate(object) {
    const errors = validateBinding(object);
    requireMutatingOperations(object.spec.matchResources, specPath.child("matchResources"), errors);
    return errors;
  },
};

function validateBinding({ spec: { policyName, paramRef, matchResources } }: Binding): FieldError[] {
  const errors: FieldError[] = [];
  const path = specPath.child("policyName");
  if (requireText(policyName, path, errors)) checkText(policyName, path, checkDns1123Subdomain, errors);
  if (paramRef) validateParamRef(paramRef, specPath.child("paramRef"), errors);
  if (matchResources) validateMatch(matchResources, specPath.child("matchResources"), errors);
  return errors;
}

function validateParamRef(
  { name = "", selector, parameterNotFoundAction: action }: ParamRef,
  path: Path,
  errors: FieldError[],
): void {
  if (name !== "") checkText(name, path.child("name"), checkPathSegmentName, errors);
  labelSelectorAt(selector, path.child("selector"), errors);
  if (name !== "" && selector) {
    for (const field of ["name", "selector"]) {
      errors.push(FieldError.forbidden(path.child(field), "name and selector are mutually exclusive"));
    }
  }
  if (name === "" && !selector) {
    errors.push(FieldError.required(path, "one of name or selector must be specified"));
  }
  const actionPath = path.child("parameterNotFoundAction");
  if (requireText(action, actionPath, errors)) requireOneOf(action, actionPath, ["Deny", "Allow"], errors);
}

function validateActions(actions: readonly string[], path: Path, errors: FieldError[]): void {
  for (const [index, action] of actions.entries()) {
    requireOneOf(action, path.index(index), ["Audit", "Deny", "Warn"], errors);
  }
  requireUnique(actions.map((action, index) => [action, path.index(index)] as const), errors);
  if (actions.includes("Deny") && actions.includes("Warn")) {
    const detail =
      "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)";
    errors.push(FieldError.invalid(path, actions, detail));
  }
  if (actions.length === 0) errors.push(FieldError.required(path, "at least one validation action is required"));
}
