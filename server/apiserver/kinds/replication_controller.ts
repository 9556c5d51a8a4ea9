import { FieldError } from "../../../api/meta/field.ts";
import { selectorFromLabels } from "../../../api/meta/label_selector.ts";
import type { ReplicationController } from "../../../api/types/core_v1.ts";
import { validateLabels } from "../registry/metadata_validation.ts";
import { defaultPodTemplate } from "./pod_defaults.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";
import { replicaStatusCounts } from "./replica_set.ts";
import { validateCounts, validateStatusCounts, validateTemplate } from "./workload_checks.ts";

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
  validate({ spec }) {
    const errors: FieldError[] = [];
    validateCounts(spec, ["replicas", "minReadySeconds"], errors);
    const { selector = {}, template } = spec;
    const path = specPath.child("selector");
    const before = errors.length;
    validateLabels(selector, path, errors);
    if (Object.keys(selector).length === 0) errors.push(FieldError.required(path));
    if (template === undefined) {
      errors.push(FieldError.required(specPath.child("template")));
      return errors;
    }
    const labels = template.metadata?.labels;
    if (errors.length === before && !selectorFromLabels(selector).matches(labels)) {
      const detail = "`selector` does not match template `labels`";
      errors.push(FieldError.invalid(specPath.child("template", "metadata", "labels"), labels ?? {}, detail));
    }
    validateTemplate(template, ["Always"], errors);
    return errors;
  },
  validateStatusUpdate: ({ status }) => validateStatusCounts(status, replicaStatusCounts),
  fields: {
    "status.replicas": ({ status }) => String(status?.replicas ?? 0),
  },
};
