import type { FieldError } from "../../../api/meta/field.ts";
import type { ReplicaSet } from "../../../api/types/apps_v1.ts";
import { defaultPodTemplate } from "./pod_defaults.ts";
import type { Strategy } from "./strategy.ts";
import { selectorIsImmutable, validateCounts, validateSelectorAndTemplate } from "./workload_checks.ts";

export const replicaSetStrategy: Strategy<ReplicaSet> = {
  generationFields: ["spec"],
  defaults({ spec }) {
    spec.replicas ??= 1;
    defaultPodTemplate(spec.template);
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    validateCounts(spec, ["replicas", "minReadySeconds"], errors);
    validateSelectorAndTemplate(spec, ["Always"], errors);
    return errors;
  },
  validateUpdate: ({ spec }, old) => selectorIsImmutable(spec, old.spec),
  fields: {
    "status.replicas": ({ status }) => String(status?.replicas ?? 0),
  },
};
