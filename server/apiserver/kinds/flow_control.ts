import { FieldError } from "../../../api/meta/field.ts";
import { checkDns1123Subdomain } from "../../../api/meta/names.ts";
import type { FlowSchema, PriorityLevelConfiguration } from "../../../api/types/flowcontrol_v1.ts";
import { checkText, requireOneOf } from "./checks.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

const exempt = "exempt";
const highestPrecedence = 10_000;

export const flowSchemaStrategy: Strategy<FlowSchema> = {
  generationFields: ["spec"],
  requiresResourceVersion: true,
  defaults({ spec }) {
    spec.matchingPrecedence ||= 1000;
  },
  validate({ metadata, spec: { matchingPrecedence: precedence = 0, priorityLevelConfiguration: level } }) {
    const errors: FieldError[] = [];
    const path = specPath.child("matchingPrecedence");
    if (precedence <= 0) errors.push(FieldError.invalid(path, precedence, "must be a positive value"));
    if (precedence > highestPrecedence) {
      errors.push(FieldError.invalid(path, precedence, `must not be greater than ${highestPrecedence}`));
    }
    if (precedence === 1 && metadata.name !== exempt) {
      const detail = "only the schema named 'exempt' may have matchingPrecedence 1";
      errors.push(FieldError.invalid(path, precedence, detail));
    }
    if (level?.name) {
      checkText(level.name, specPath.child("priorityLevelConfiguration", "name"), checkDns1123Subdomain, errors);
    }
    return errors;
  },
};

export const priorityLevelConfigurationStrategy: Strategy<PriorityLevelConfiguration> = {
  generationFields: ["spec"],
  requiresResourceVersion: true,
  defaults({ spec: { limited, exempt } }) {
    if (exempt) {
      exempt.nominalConcurrencyShares ??= 0;
      exempt.lendablePercent ??= 0;
    }
    if (!limited) return;
    limited.nominalConcurrencyShares ??= 30;
    limited.lendablePercent ??= 0;
    const queuing = limited.limitResponse?.queuing;
    if (!queuing) return;
    queuing.queues ||= 64;
    queuing.handSize ||= 8;
    queuing.queueLengthLimit ||= 50;
  },
  validate({ metadata, spec }) {
    const errors: FieldError[] = [];
    if ((metadata.name === exempt) !== (spec.type === "Exempt")) {
      const detail = "must be 'Exempt' if and only if `name` is 'exempt'";
      errors.push(FieldError.invalid(specPath.child("type"), spec.type ?? "", detail));
    }
    requireOneOf(spec.type, specPath.child("type"), ["Exempt", "Limited"], errors);
    if (spec.type === "Exempt" && spec.limited) {
      errors.push(FieldError.forbidden(specPath.child("limited"), "must be nil if the type is not Limited"));
    }
    if (spec.type !== "Limited") return errors;
    if (spec.exempt) errors.push(FieldError.forbidden(specPath.child("exempt"), "must be nil if the type is Limited"));
    if (!spec.limited) {
      errors.push(FieldError.required(specPath.child("limited"), "must not be empty when type is Limited"));
    }
    const queuing = spec.limited?.limitResponse?.queuing;
    for (const field of queuing ? ["queues", "handSize", "queueLengthLimit"] as const : []) {
      const value = queuing?.[field] ?? 0;
      const at = specPath.child("limited", "limitResponse", "queuing", field);
      if (value <= 0) errors.push(FieldError.invalid(at, value, "must be positive"));
    }
    return errors;
  },
};
