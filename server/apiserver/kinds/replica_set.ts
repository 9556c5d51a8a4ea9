import type { FieldError } from "../../../api/meta/field.ts";
import type { ReplicaSet } from "../../../api/types/apps_v1.ts";
import { defaultPodTemplate, dropDisabledTemplateFields } from "./pod_defaults.ts";
import type { Strategy } from "./strategy.ts";
import {
  selectorIsImmutable,
  type StatusCounts,
  validateCounts,
  validateSelectorAndTemplate,
  validateStatusCounts,
  type WorkloadRules,
} from "./workload_checks.ts";
import { podNameWarnings, templateWarnings } from "./workload_warnings.ts";

const parts = ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"];
export const replicaStatusCounts: StatusCounts = {
  all: ["replicas", ...parts, "observedGeneration", "terminatingReplicas"],
  parts,
  ready: "readyReplicas",
};

export const replicaSetRules: WorkloadRules = {
  needsSelector: true,
  // Upstream took the words of Deployments over.
  empty: "deployment",
  wrong: "invalid label selector",
  endless: "ReplicaSet",
};

export const replicaSetStrategy: Strategy<ReplicaSet> = {
  generationFields: ["spec"],
  defaults({ spec }) {
    spec.replicas ??= 1;
    defaultPodTemplate(spec.template);
  },
  prepareForCreate: ({ spec }) => dropDisabledTemplateFields(spec.template),
  prepareForUpdate: ({ spec }) => dropDisabledTemplateFields(spec.template),
  validate({ spec }) {
    const errors: FieldError[] = [];
    validateCounts(spec, ["replicas", "minReadySeconds"], errors);
    validateSelectorAndTemplate(spec, replicaSetRules, errors);
    return errors;
  },
  validateUpdate: ({ spec }, old) => selectorIsImmutable(spec, old.spec),
  validateStatusUpdate: ({ status }) => validateStatusCounts(status, replicaStatusCounts),
  warnings: (set, old) => [...old ? [] : podNameWarnings(set), ...templateWarnings(set, old)],
};
