import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError } from "../../../api/meta/field.ts";
import { goValue } from "../../../api/schema/go_value.ts";
import type { DaemonSet } from "../../../api/types/apps_v1.ts";
import { defaultPodTemplate, dropDisabledTemplateFields } from "./pod_defaults.ts";
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
import { templateWarnings } from "./workload_warnings.ts";

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

const rules = { needsSelector: false, empty: "daemonset", endless: "DaemonSet" };
const types = ["RollingUpdate", "OnDelete"];

/** How many templates there were: a field of the first versions, which clients still see as an annotation. */
const templateGenerationAnnotation = "deprecated.daemonset.template.generation";

export const daemonSetStrategy: Strategy<DaemonSet> = {
  generationFields: ["spec"],
  defaults(set) {
    const { spec } = set;
    countTemplates(set, templateGeneration(set));
    const strategy = spec.updateStrategy ??= {};
    strategy.type ??= "RollingUpdate";
    if (strategy.type === "RollingUpdate") {
      const rolling = strategy.rollingUpdate ??= {};
      rolling.maxUnavailable ??= 1;
      rolling.maxSurge ??= 0;
    } else if (strategy.rollingUpdate) {
      strategy.rollingUpdate = { maxUnavailable: 0, maxSurge: 0, ...strategy.rollingUpdate };
    }
    spec.revisionHistoryLimit ??= 10;
    defaultPodTemplate(spec.template);
  },
  prepareForCreate(set) {
    dropDisabledTemplateFields(set.spec.template);
    countTemplates(set, Math.max(templateGeneration(set), 1));
  },
  prepareForUpdate(set, old) {
    dropDisabledTemplateFields(set.spec.template);
    const before = templateGeneration(old);
    countTemplates(set, deepEqual(set.spec.template, old.spec.template) ? before : before + 1);
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    validateSelectorAndTemplate(spec, rules, errors);
    validateCounts(spec, ["minReadySeconds", "revisionHistoryLimit"], errors);
    const { type = "", rollingUpdate } = spec.updateStrategy ?? {};
    const path = specPath.child("updateStrategy");
    if (!types.includes(type)) {
      errors.push(
        FieldError.notSupported(
          path,
          goValue("io.k8s.api.apps.v1.DaemonSetUpdateStrategy", spec.updateStrategy),
          types,
        ),
      );
    }
    if (type !== "RollingUpdate" || !rollingUpdate) return errors;
    const at = path.child("rollingUpdate");
    const { maxUnavailable, maxSurge } = rollingUpdate;
    validateIntOrPercent(maxUnavailable, at.child("maxUnavailable"), errors);
    validateIntOrPercent(maxSurge, at.child("maxSurge"), errors);
    requireNotMoreThanAll(maxUnavailable, at.child("maxUnavailable"), errors);
    requireNotMoreThanAll(maxSurge, at.child("maxSurge"), errors);
    if (isZero(maxUnavailable) && isZero(maxSurge)) {
      errors.push(FieldError.required(at.child("maxUnavailable"), "cannot be 0 when maxSurge is 0"));
    } else if (!isZero(maxUnavailable) && !isZero(maxSurge)) {
      errors.push(FieldError.invalid(at.child("maxSurge"), maxSurge, "may not be set when maxUnavailable is non-zero"));
    }
    return errors;
  },
  warnings: templateWarnings,
  validateUpdate: ({ spec }, old) => selectorIsImmutable(spec, old.spec),
  validateStatusUpdate: (set, old) => [
    ...validateStatusCounts(set.status, statusCounts),
    ...collisionsAreKept(set, old),
  ],
};

function templateGeneration({ metadata }: Readonly<DaemonSet>): number {
  return Number.parseInt(metadata.annotations?.[templateGenerationAnnotation] ?? "") || 0;
}

function countTemplates({ metadata }: DaemonSet, count: number): void {
  metadata.annotations = { ...metadata.annotations, [templateGenerationAnnotation]: String(count) };
}
