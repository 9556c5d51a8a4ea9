/** Admission policies and their bindings. */
import type {
  MatchResources,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from "../../../api/types/admissionregistration_v1.ts";
import type { Strategy } from "./strategy.ts";
import { defaultRule } from "./webhooks.ts";

type Policy = ValidatingAdmissionPolicy | MutatingAdmissionPolicy;
type Binding = ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding;

export const admissionPolicyStrategy: Strategy<Policy> = {
  generationFields: ["spec"],
  requiresResourceVersion: true,
  defaults({ spec }) {
    spec.failurePolicy ??= "Fail";
    if (spec.matchConstraints) defaultMatch(spec.matchConstraints);
  },
};

export const admissionPolicyBindingStrategy: Strategy<Binding> = {
  generationFields: ["spec"],
  requiresResourceVersion: true,
  defaults({ spec }) {
    if (spec.matchResources) defaultMatch(spec.matchResources);
  },
};

function defaultMatch(match: MatchResources): void {
  match.matchPolicy ??= "Equivalent";
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  for (const rule of [...match.resourceRules ?? [], ...match.excludeResourceRules ?? []]) defaultRule(rule);
}
