import { FieldError } from "../../../api/meta/field.ts";
import type { DaemonSet } from "../../../api/types/apps_v1.ts";
import { requireOneOf } from "./checks.ts";
import { defaultPodTemplate } from "./pod_defaults.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";
import {
  collisionsAreKept,
  isZero,
  selectorIsImmutable,
  validateCounts,
  validateIntOrPercent,
  validateSelectorAndTemplate,
  validateStatusCounts,
} from "./workload_checks.ts";

const statusCounts = {
  all: [
    "currentNumberScheduled",
    "numberMisscheduled",
    "desiredNumberScheduled",
    "numberReady",
    "observedGeneration",
    "updatedNumberScheduled",
    "numberAvailable",
    "numberUnavailable",
    "collisionCount",
  ],
  parts: [],
  ready: "",
};

export const daemonSetStrategy: Strategy<DaemonSet> = {
  generationFields: ["spec"],
  defaults({ spec }) {
    const strategy = spec.updateStrategy ??= {};
    strategy.type ??= "RollingUpdate";
    if (strategy.type === "RollingUpdate") {
      const rolling = strategy.rollingUpdate ??= {};
      rolling.maxUnavailable ??= 1;
      rolling.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
    defaultPodTemplate(spec.template);
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    validateSelectorAndTemplate(spec, ["Always"], errors);
    validateCounts(spec, ["minReadySeconds", "revisionHistoryLimit"], errors);
    const { type, rollingUpdate } = spec.updateStrategy ?? {};
    const path = specPath.child("updateStrategy");
    requireOneOf(type, path.child("type"), ["RollingUpdate", "OnDelete"], errors);
    if (type !== "RollingUpdate" || !rollingUpdate) return errors;
    const at = path.child("rollingUpdate");
    const { maxUnavailable, maxSurge } = rollingUpdate;
    validateIntOrPercent(maxUnavailable, at.child("maxUnavailable"), errors);
    validateIntOrPercent(maxSurge, at.child("maxSurge"), errors);
    if (isZero(maxUnavailable) && isZero(maxSurge)) {
      errors.push(FieldError.required(at.child("maxUnavailable"), "cannot be 0 when maxSurge is 0"));
    } else if (!isZero(maxUnavailable) && !isZero(maxSurge)) {
      errors.push(FieldError.invalid(at.child("maxSurge"), maxSurge, "may not be set when maxUnavailable is non-zero"));
    }
    return errors;
  },
  validateUpdate: ({ spec }, old) => selectorIsImmutable(spec, old.spec),
  validateStatusUpdate: (set, old) => [
    ...validateStatusCounts(set.status, statusCounts),
    ...collisionsAreKept(set, old),
  ],
};
