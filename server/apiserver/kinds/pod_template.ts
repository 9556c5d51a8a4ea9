import { type FieldError, root } from "../../../api/meta/field.ts";
import type { PodTemplate } from "../../../api/types/core_v1.ts";
import { defaultPodTemplate, dropDisabledTemplateFields } from "./pod_defaults.ts";
import { validatePodTemplate } from "./pod_validation.ts";
import { podTemplateWarnings } from "./pod_warnings.ts";
import type { Strategy } from "./strategy.ts";

const path = root("template");

export const podTemplateStrategy: Strategy<PodTemplate> = {
  generationFields: ["template"],
  defaults: ({ template }) => defaultPodTemplate(template),
  prepareForCreate: ({ template }) => dropDisabledTemplateFields(template),
  prepareForUpdate: ({ template }) => dropDisabledTemplateFields(template),
  validate({ template = { spec: { containers: [] } } }) {
    const errors: FieldError[] = [];
    validatePodTemplate(template, path, errors);
    return errors;
  },
  warnings: ({ metadata, template }, old) =>
    template === undefined || metadata.generation === old?.metadata.generation
      ? []
      : podTemplateWarnings(template, path),
};
