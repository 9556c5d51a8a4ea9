import { FieldError } from "../../../api/meta/field.ts";
import type { HorizontalPodAutoscaler, HPAScalingRules } from "../../../api/types/autoscaling_v2.ts";
import { requireOneOf, requireText } from "./checks.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

const metricTypes = ["ContainerResource", "External", "Object", "Pods", "Resource"];

export const autoscalerStrategy: Strategy<HorizontalPodAutoscaler> = {
  defaults({ spec }) {
    spec.minReplicas ??= 1;
    spec.metrics ??= [{
      type: "Resource",
      resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
    }];
    if (spec.behavior === undefined) return;
    const up = spec.behavior.scaleUp ??= {};
    up.stabilizationWindowSeconds ??= 0;
    defaultRules(up, [
      { type: "Pods", value: 4, periodSeconds: 15 },
      { type: "Percent", value: 100, periodSeconds: 15 },
    ]);
    defaultRules(spec.behavior.scaleDown ??= {}, [{ type: "Percent", value: 100, periodSeconds: 15 }]);
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    const { minReplicas = 1, maxReplicas = 0, scaleTargetRef, metrics = [] } = spec;
    if (minReplicas < 1) {
      errors.push(FieldError.invalid(specPath.child("minReplicas"), minReplicas, "must be greater than or equal to 1"));
    }
    if (maxReplicas < 1) {
      errors.push(FieldError.invalid(specPath.child("maxReplicas"), maxReplicas, "must be greater than 0"));
    } else if (maxReplicas < minReplicas) {
      const detail = "must be greater than or equal to `minReplicas`";
      errors.push(FieldError.invalid(specPath.child("maxReplicas"), maxReplicas, detail));
    }
    requireText(scaleTargetRef?.kind, specPath.child("scaleTargetRef", "kind"), errors);
    requireText(scaleTargetRef?.name, specPath.child("scaleTargetRef", "name"), errors);
    for (const [index, metric] of metrics.entries()) {
      const path = specPath.child("metrics").index(index);
      requireOneOf(metric.type ?? "", path.child("type"), metricTypes, errors);
      const field = metric.type ? metric.type[0]!.toLowerCase() + metric.type.slice(1) : "";
      if (metricTypes.includes(metric.type) && !Object.hasOwn(metric, field)) {
        errors.push(FieldError.required(path.child(field), "must populate information for the given metric source"));
      }
    }
    return errors;
  },
};

function defaultRules(rules: HPAScalingRules, policies: NonNullable<HPAScalingRules["policies"]>): void {
  rules.selectPolicy ??= "Max";
  rules.policies ??= policies;
}
