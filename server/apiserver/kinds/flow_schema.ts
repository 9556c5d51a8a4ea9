import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, root } from "../../../api/meta/field.ts";
import { checkDns1123Subdomain } from "../../../api/meta/names.ts";
import type { FlowSchema, FlowSchemaSpec, PolicyRulesWithSubjects } from "../../../api/types/flowcontrol_v1.ts";
import { checkText, own, requireText } from "./checks.ts";
import { validateFlowRule } from "./flow_rules.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

const highestPrecedence = 10_000;
const everything = {
  resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"] }],
  nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
};

function ofGroups(...names: string[]): PolicyRulesWithSubjects {
  return { subjects: names.map((name) => ({ kind: "Group", group: { name } })), ...everything };
}

/** Schemas that are the same in every cluster, so that its administrators and its last resort cannot be lost. */
const fixed: Readonly<Record<string, FlowSchemaSpec>> = {
  exempt: {
    priorityLevelConfiguration: { name: "exempt" },
    matchingPrecedence: 1,
    rules: [ofGroups("system:masters")],
  },
  "catch-all": {
    priorityLevelConfiguration: { name: "catch-all" },
    matchingPrecedence: highestPrecedence,
    distinguisherMethod: { type: "ByUser" },
    rules: [ofGroups("system:unauthenticated", "system:authenticated")],
  },
};

export const flowSchemaStrategy: Strategy<FlowSchema> = {
  generationFields: ["spec"],
  defaults({ spec }) {
    spec.matchingPrecedence ||= 1000;
  },
  validate({ metadata: { name = "" }, spec }) {
    const errors: FieldError[] = [];
    const { matchingPrecedence: precedence = 0, distinguisherMethod, priorityLevelConfiguration: level } = spec;
    const path = specPath.child("matchingPrecedence");
    if (precedence <= 0) errors.push(FieldError.invalid(path, precedence, "must be a positive value"));
    if (precedence > highestPrecedence) {
      errors.push(FieldError.invalid(path, precedence, `must not be greater than ${highestPrecedence}`));
    }
    if (precedence === 1 && name !== "exempt") {
      const detail = "only the schema named 'exempt' may have matchingPrecedence 1";
      errors.push(FieldError.invalid(path, precedence, detail));
    }
    if (distinguisherMethod && !["ByNamespace", "ByUser"].includes(distinguisherMethod.type)) {
      // Upstream shows the whole method, as Go names its field.
      const shown = { Type: distinguisherMethod.type };
      errors.push(
        FieldError.notSupported(specPath.child("distinguisherMethod", "type"), shown, ["ByNamespace", "ByUser"]),
      );
    }
    const levelPath = specPath.child("priorityLevelConfiguration", "name");
    if (requireText(level?.name, levelPath, errors, "must reference a priority level")) {
      checkText(level.name, levelPath, checkDns1123Subdomain, errors);
    }
    for (const [index, rule] of (spec.rules ?? []).entries()) {
      validateFlowRule(rule, specPath.child("rules").index(index), errors);
    }
    const wanted = own(fixed, name);
    if (wanted !== undefined && !deepEqual(spec, wanted)) {
      errors.push(FieldError.invalid(specPath, spec, `spec of '${name}' must equal the fixed value`));
    }
    return errors;
  },
  validateStatusUpdate: ({ status }) => validateFlowConditions(status?.conditions ?? []),
};

/** Of flow schemas and priority levels. */
export function validateFlowConditions(conditions: readonly { type?: string }[]): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, { type = "" }] of conditions.entries()) {
    const path = root("status", "conditions").index(index).child("type");
    if (seen.has(type)) errors.push(FieldError.duplicate(path, type));
    seen.add(type);
    requireText(type, path, errors);
  }
  return errors;
}
