import { FieldError, root } from "../../../api/meta/field.ts";
import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  HPAScalingRules,
} from "../../../api/types/autoscaling_v2.ts";
import { dropOldAnnotations } from "./autoscaler_v1.ts";
import { validateMetric, validateReference, validateScalingRules, versionFault } from "./autoscaler_validation.ts";
import { requireNotNegative } from "./checks.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

const targetPath = specPath.child("scaleTargetRef");

export const autoscalerStrategy: Strategy<HorizontalPodAutoscaler> = {
  defaults({ metadata, spec }) {
    dropOldAnnotations(metadata);
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
    const { minReplicas = 1, maxReplicas = 0, scaleTargetRef, metrics = [], behavior } = spec;
    if (minReplicas < 1) {
      errors.push(FieldError.invalid(specPath.child("minReplicas"), minReplicas, "must be greater than or equal to 1"));
    }
    const most = specPath.child("maxReplicas");
    if (maxReplicas === 0) errors.push(FieldError.required(most, "must be set and greater than 0"));
    else if (maxReplicas < 0) errors.push(FieldError.invalid(most, maxReplicas, "must be greater than or equal to 1"));
    if (maxReplicas < minReplicas) {
      errors.push(FieldError.invalid(most, maxReplicas, "must be greater than or equal to `minReplicas`"));
    }
    validateReference(scaleTargetRef, targetPath, errors);
    for (const [index, metric] of metrics.entries()) {
      validateMetric(metric, specPath.child("metrics").index(index), errors);
    }
    if (minReplicas === 0 && !metrics.some(({ type }) => type === "Object" || type === "External")) {
      const detail = "must specify at least one Object or External metric to support scaling to zero replicas";
      errors.push(FieldError.forbidden(specPath.child("metrics"), detail));
    }
    validateScalingRules(behavior?.scaleUp, specPath.child("behavior", "scaleUp"), errors);
    validateScalingRules(behavior?.scaleDown, specPath.child("behavior", "scaleDown"), errors);
    return errors;
  },
  validateCreate: ({ spec }) => validateTargetVersion(spec.scaleTargetRef),
  validateUpdate({ spec: { scaleTargetRef: now } }, { spec: { scaleTargetRef: before } }) {
    return now.apiVersion === before.apiVersion && now.kind === before.kind ? [] : validateTargetVersion(now);
  },
  defaultStatus: ({ metadata }) => dropOldAnnotations(metadata),
  validateStatusUpdate({ status }) {
    const errors: FieldError[] = [];
    for (const field of ["currentReplicas", "desiredReplicas"] as const) {
      requireNotNegative(status?.[field], root("status", field), errors);
    }
    return errors;
  },
};

/** Without its group a target could not be found: of the core's only ReplicationControllers scale. */
function validateTargetVersion({ apiVersion = "", kind }: CrossVersionObjectReference): FieldError[] {
  const hasGroup = apiVersion.indexOf("/") > 0;
  const wrong = versionFault(apiVersion) ??
    (hasGroup || kind === "ReplicationController" ? undefined : "apiVersion must specify API group");
  return wrong === undefined ? [] : [FieldError.invalid(targetPath.child("apiVersion"), apiVersion, wrong)];
}

function defaultRules(rules: HPAScalingRules, policies: NonNullable<HPAScalingRules["policies"]>): void {
  rules.selectPolicy ??= "Max";
  rules.policies ??= policies;
}
