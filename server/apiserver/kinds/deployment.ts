import { FieldError } from "../../../api/meta/field.ts";
import { goValue } from "../../../api/schema/go_value.ts";
import type { Deployment } from "../../../api/types/apps_v1.ts";
import { defaultPodTemplate, dropDisabledTemplateFields } from "./pod_defaults.ts";
import { replicaSetRules } from "./replica_set.ts";
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
import { podNameWarnings, templateWarnings } from "./workload_warnings.ts";

export const deploymentStrategy: Strategy<Deployment> = {
  // Annotations are copied to the ReplicaSets.
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
  prepareForCreate: ({ spec }) => dropDisabledTemplateFields(spec.template),
  prepareForUpdate: ({ spec }) => dropDisabledTemplateFields(spec.template),
  validate({ spec }) {
    const errors: FieldError[] = [];
    validateCounts(spec, ["replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"], errors);
    validateSelectorAndTemplate(spec, replicaSetRules, errors);
    validateStrategy(spec, errors);
    const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec;
    if (deadline !== undefined && deadline <= minReadySeconds) {
      errors.push(
        FieldError.invalid(specPath.child("progressDeadlineSeconds"), deadline, "must be greater than minReadySeconds"),
      );
    }
    return errors;
  },
  warnings: (deployment, old) => [
    ...old ? [] : podNameWarnings(deployment),
    ...templateWarnings(deployment, old),
  ],
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

const types = ["Recreate", "RollingUpdate"];

function validateStrategy({ strategy = {} }: Deployment["spec"], errors: FieldError[]): void {
  const path = specPath.child("strategy");
  const { type = "", rollingUpdate } = strategy;
  if (!types.includes(type)) {
    errors.push(FieldError.notSupported(
      path,
      goValue("io.k8s.api.apps.v1.DeploymentStrategy", {
        ...strategy,
        ...rollingUpdate && { rollingUpdate: { maxUnavailable: 0, maxSurge: 0, ...rollingUpdate } },
      }),
      types,
    ));
  }
  if (!types.includes(type) || rollingUpdate === undefined) return;
  const at = path.child("rollingUpdate");
  if (type === "Recreate") {
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
