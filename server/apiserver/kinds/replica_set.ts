import type { FieldError } from "../../../api/meta/field.ts";
import type { ReplicaSet } from "../../../api/types/apps_v1.ts";
import { defaultPodTemplate } from "./pod_defaults.ts";
import type { Strategy } from "./strategy.ts";
import {
  selectorIsImmutable,
  type StatusCounts,
  validateCounts,
  validateSelectorAndTemplate,
  validateStatusCounts,
} from "./workload_checks.ts";

const parts = ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"];
export const replicaStatusCounts: StatusCounts = {
  all: ["replicas", ...parts, "observedGeneration", "terminatingReplicas"],
  parts,
  ready: "readyReplicas",
};

export const replicaSetStrategy: Strategy<ReplicaSet> = {
  generationFields: ["spec"],
  defaults({ spec }) {
    spec.replicas ??= 1;
    defaultPodTemplate(spec.template);
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    validateCounts(spec, ["replicas", "minReadySeconds"], errors);
    validateSelectorAndTemplate(spec, "deployment", ["Always"], errors);
    return errors;
  },
  validateUpdate: ({ spec }, old) => selectorIsImmutable(spec, old.spec),
  validateStatusUpdate: ({ status }) => validateStatusCounts(status, replicaStatusCounts),
  fields: {
    "status.replicas": ({ status }) => String(status?.replicas ?? 0),
  },
};
