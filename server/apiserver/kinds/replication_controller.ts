import { FieldError } from "../../../api/meta/field.ts";
import type { ReplicationController } from "../../../api/types/core_v1.ts";
import { own } from "./checks.ts";
import { defaultPodTemplate, dropDisabledTemplateFields } from "./pod_defaults.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";
import { replicaStatusCounts } from "./replica_set.ts";
import { notSelected, validateCounts, validateStatusCounts, validateTemplate } from "./workload_checks.ts";
import { podNameWarnings, templateWarnings } from "./workload_warnings.ts";

export const replicationControllerStrategy: Strategy<ReplicationController> = {
  generationFields: ["spec"],
  dependents: "orphan",
  defaults(object) {
    const { spec, metadata } = object;
    const labels = spec.template?.metadata?.labels;
    // A controller that says nothing of labels has those of its Pods.
    if (labels) {
      spec.selector ??= { ...labels };
      metadata.labels ??= { ...labels };
    }
    spec.replicas ??= 1;
    defaultPodTemplate(spec.template);
  },
  prepareForCreate: ({ spec }) => dropDisabledTemplateFields(spec.template),
  prepareForUpdate: ({ spec }) => dropDisabledTemplateFields(spec.template),
  validate({ spec }) {
    const errors: FieldError[] = [];
    validateCounts(spec, ["replicas", "minReadySeconds"], errors);
    const { selector = {}, template } = spec;
    if (Object.keys(selector).length === 0) errors.push(FieldError.required(specPath.child("selector")));
    if (template === undefined) return [...errors, FieldError.required(specPath.child("template"))];
    const labels = template.metadata?.labels ?? {};
    if (!Object.entries(selector).every(([key, value]) => own(labels, key) === value)) {
      errors.push(notSelected(template));
    }
    validateTemplate(template, "ReplicationController", errors);
    return errors;
  },
  // Upstream, too, does not look at the template that an update brings.
  warnings: (controller, old) => old ? [] : [...podNameWarnings(controller), ...templateWarnings(controller)],
  validateStatusUpdate: ({ status }) => validateStatusCounts(status, replicaStatusCounts),
  fields: {
    "status.replicas": ({ status }) => String(status?.replicas ?? 0),
  },
};
