import { FieldError } from "../../../api/meta/field.ts";
import type { Deployment } from "../../../api/types/apps_v1.ts";
import { requireOneOf } from "./checks.ts";
import { defaultPodTemplate } from "./pod_defaults.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";
import {
  collisionsAreKept,
  isZero,
  requireNotMoreThanAll,
  selectorIsImmutable,
  validateCounts,
  validateIntOrPercent,
  validateSelectorAndTemplate,
  validateStatusCounts,
} from "./workload_checks.ts";

export const deploymentStrategy: Strategy<Deployment> = {
  generationFields: ["spec", "annotations"],
  defaults({ spec }) {
    spec.replicas ??= 1;
    const strategy = spec.strategy ??= {};
    strategy.type ??= "RollingUpdate";
    if (strategy.type === "RollingUpdate") {
      const rolling = strategy.rollingUpdate ??= {};
      rolling.maxUnavailable ??= "25%";
      rolling.maxSurge ??= "25%";
    }
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    defaultPodTemplate(spec.template);
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    validateCounts(spec, ["replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"], errors);
    validateSelectorAndTemplate(spec, "deployment", ["Always"], errors);
    validateStrategy(spec, errors);
    const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec;
    if (deadline !== undefined && deadline <= minReadySeconds) {
      errors.push(
        FieldError.invalid(specPath.child("progressDeadlineSeconds"), deadline, "must be greater than minReadySeconds"),
      );
    }
    return errors;
  },
  validateUpdate: ({ spec }, old) => selectorIsImmutable(spec, old.spec),
  validateStatusUpdate: (deployment, old) => [
    ...validateStatusCounts(deployment.status, statusCounts),
    ...collisionsAreKept(deployment, old),
  ],
};

const parts = ["updatedReplicas", "readyReplicas", "availableReplicas"];
const statusCounts = {
  all: ["observedGeneration", "replicas", ...parts, "unavailableReplicas", "terminatingReplicas", "collisionCount"],
  parts,
  ready: "readyReplicas",
};

function validateStrategy({ strategy = {} }: Deployment["spec"], errors: FieldError[]): void {
  const path = specPath.child("strategy");
  requireOneOf(strategy.type, path.child("type"), ["Recreate", "RollingUpdate"], errors);
  const { rollingUpdate } = strategy;
  if (rollingUpdate === undefined) return;
  const at = path.child("rollingUpdate");
  if (strategy.type === "Recreate") {
    errors.push(FieldError.forbidden(at, "may not be specified when strategy `type` is 'Recreate'"));
    return;
  }
  const { maxUnavailable, maxSurge } = rollingUpdate;
  validateIntOrPercent(maxUnavailable, at.child("maxUnavailable"), errors);
  validateIntOrPercent(maxSurge, at.child("maxSurge"), errors);
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    errors.push(
      FieldError.invalid(at.child("maxUnavailable"), maxUnavailable ?? 0, "may not be 0 when `maxSurge` is 0"),
    );
  }
  requireNotMoreThanAll(maxUnavailable, at.child("maxUnavailable"), errors);
}
