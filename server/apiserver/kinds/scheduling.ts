/** PriorityClass, PodDisruptionBudget and Lease. */
import { FieldError, root } from "../../../api/meta/field.ts";
import { goValue } from "../../../api/schema/go_value.ts";
import type { Lease } from "../../../api/types/coordination_v1.ts";
import type { PodDisruptionBudget } from "../../../api/types/policy_v1.ts";
import type { PriorityClass } from "../../../api/types/scheduling_v1.ts";
import { labelSelectorAt, own, requireNotNegative, requireOneOf } from "./checks.ts";
import { validateConditions } from "./conditions_validation.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";
import { requireNotMoreThanAll, validateIntOrPercent } from "./workload_checks.ts";

/** Above it only the system's own. */
const highestUserPriority = 1_000_000_000;
export const systemPriorityClasses: Readonly<Record<string, number>> = {
  "system-cluster-critical": 2_000_000_000,
  "system-node-critical": 2_000_001_000,
};

export const priorityClassStrategy: Strategy<PriorityClass> = {
  // It starts at 1 and stays there, as upstream.
  generationFields: [],
  defaults(priorityClass) {
    priorityClass.preemptionPolicy ??= "PreemptLowerPriority";
  },
  // Of an update all that matters is what it changes.
  validate: () => [],
  validateCreate({ metadata, value = 0, preemptionPolicy }) {
    const errors: FieldError[] = [];
    const { name = "" } = metadata;
    if (name.startsWith("system-")) {
      const known = own(systemPriorityClasses, name);
      if (known !== value) {
        const why = known === undefined
          ? `${name} is not a known system priority class`
          : `value of ${name} PriorityClass must be ${known}`;
        const detail = `priority class names with 'system-' prefix are reserved for system use only. error: ${why}`;
        errors.push(FieldError.forbidden(root("metadata", "name"), detail));
      }
    } else if (value > highestUserPriority) {
      const detail = `maximum allowed value of a user defined priority is ${highestUserPriority}`;
      errors.push(FieldError.forbidden(root("value"), detail));
    }
    const path = root("preemptionPolicy");
    if (preemptionPolicy === "") errors.push(FieldError.required(path));
    else requireOneOf(preemptionPolicy, path, ["PreemptLowerPriority", "Never"], errors);
    return errors;
  },
  validateUpdate({ value = 0, preemptionPolicy }, old) {
    const errors: FieldError[] = [];
    if (value !== (old.value ?? 0)) {
      errors.push(FieldError.forbidden(root("value"), "may not be changed in an update."));
    }
    if (preemptionPolicy !== old.preemptionPolicy) {
      errors.push(FieldError.immutable(root("preemptionPolicy"), preemptionPolicy));
    }
    return errors;
  },
};

export const podDisruptionBudgetStrategy: Strategy<PodDisruptionBudget> = {
  generationFields: ["spec"],
  requiresResourceVersion: true,
  validate({ spec }) {
    const errors: FieldError[] = [];
    const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = spec;
    if (minAvailable !== undefined && maxUnavailable !== undefined) {
      errors.push(
        FieldError.invalid(
          specPath,
          goValue("io.k8s.api.policy.v1.PodDisruptionBudgetSpec", spec),
          "minAvailable and maxUnavailable cannot be both set",
        ),
      );
    }
    for (const field of ["minAvailable", "maxUnavailable"] as const) {
      validateIntOrPercent(spec[field], specPath.child(field), errors);
      requireNotMoreThanAll(spec[field], specPath.child(field), errors);
    }
    labelSelectorAt(selector, specPath.child("selector"), errors);
    const policies = ["AlwaysAllow", "IfHealthyBudget"];
    requireOneOf(unhealthyPodEvictionPolicy, specPath.child("unhealthyPodEvictionPolicy"), policies, errors);
    return errors;
  },
  validateStatusUpdate({ status }) {
    const errors: FieldError[] = [];
    validateConditions(status?.conditions, root("status", "conditions"), errors);
    for (const field of ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"] as const) {
      requireNotNegative(status?.[field], root("status", field), errors);
    }
    return errors;
  },
};

/** What belongs to coordinated elections, a feature that is off, is not stored. */
function dropDisabledFields({ spec = {} }: Lease): void {
  delete spec.strategy;
  delete spec.preferredHolder;
}

export const leaseStrategy: Strategy<Lease> = {
  createsOnUpdate: true,
  requiresResourceVersion: true,
  prepareForCreate: dropDisabledFields,
  prepareForUpdate: dropDisabledFields,
  validate({ spec }) {
    const errors: FieldError[] = [];
    const { leaseDurationSeconds, leaseTransitions } = spec ?? {};
    if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
      errors.push(
        FieldError.invalid(specPath.child("leaseDurationSeconds"), leaseDurationSeconds, "must be greater than 0"),
      );
    }
    requireNotNegative(leaseTransitions, specPath.child("leaseTransitions"), errors);
    return errors;
  },
};
