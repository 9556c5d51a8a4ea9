import { FieldError, root } from "../../../api/meta/field.ts";
import { checkDns1123Label } from "../../../api/meta/names.ts";
import { goValue } from "../../../api/schema/go_value.ts";
import type { RuntimeClass } from "../../../api/types/node_v1.ts";
import { validateLabels } from "../registry/metadata_validation.ts";
import { checkText, requireText } from "./checks.ts";
import { deprecatedNodeLabel } from "./deprecated_node_labels.ts";
import { validateResources } from "./resources_validation.ts";
import { validateToleration } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

const schedulingPath = root("scheduling");

export const runtimeClassStrategy: Strategy<RuntimeClass> = {
  createsOnUpdate: true,
  requiresResourceVersion: true,
  warnings: ({ scheduling }) =>
    Object.keys(scheduling?.nodeSelector ?? {}).flatMap((label) => {
      const message = deprecatedNodeLabel(label);
      return message ? [`${schedulingPath.child("nodeSelector")}: ${message}`] : [];
    }),
  validate({ handler, overhead, scheduling }) {
    const errors: FieldError[] = [];
    if (requireText(handler, root("handler"), errors)) checkText(handler, root("handler"), checkDns1123Label, errors);
    if (overhead?.podFixed) validateResources({ limits: overhead.podFixed }, root("overhead"), errors);
    validateLabels(scheduling?.nodeSelector, schedulingPath.child("nodeSelector"), errors);
    const seen = new Set<string>();
    for (const [index, toleration] of (scheduling?.tolerations ?? []).entries()) {
      const at = schedulingPath.child("tolerations").index(index);
      validateToleration(toleration, at, errors);
      const { key = "", operator = "", value = "", effect = "" } = toleration;
      const identity = JSON.stringify([key, operator, value, effect]);
      if (seen.has(identity)) {
        errors.push(FieldError.duplicate(at, goValue("io.k8s.api.core.v1.Toleration", toleration)));
      }
      seen.add(identity);
    }
    return errors;
  },
  validateUpdate: ({ handler }, old) => handler === old.handler ? [] : [FieldError.immutable(root("handler"), handler)],
};
