import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkDns1123Label } from "../../../api/meta/names.ts";
import { goValue } from "../../../api/schema/go_value.ts";
import type { StatefulSet, StatefulSetSpec } from "../../../api/types/apps_v1.ts";
import type { PodTemplateSpec } from "../../../api/types/core_v1.ts";
import { validateLabels } from "../registry/metadata_validation.ts";
import { claimSpecWarnings } from "./claim_warnings.ts";
import { checkText, requireNotNegative, requireOneOf } from "./checks.ts";
import { defaultClaim, validateClaimSpec } from "./persistent_volume_claim.ts";
import { defaultPodTemplate, dropDisabledTemplateFields } from "./pod_defaults.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";
import {
  collisionsAreKept,
  isZero,
  requireEndless,
  requireNotMoreThanAll,
  validateCounts,
  validateIntOrPercent,
  validateSelectorAndTemplate,
  validateStatusCounts,
} from "./workload_checks.ts";
import { templateWarnings } from "./workload_warnings.ts";

const parts = ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"];
const statusCounts = {
  all: ["replicas", ...parts, "observedGeneration", "collisionCount"],
  parts,
  ready: "status.readyReplicas",
};
const rules = { needsSelector: true, empty: "statefulset", wrong: "" };
const mutable = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
] as const;

export const statefulSetStrategy: Strategy<StatefulSet> = {
  // Its Pods are called by its name, which then is part of their host names.
  checkName: checkDns1123Label,
  generationFields: ["spec"],
  defaults({ spec }) {
    spec.podManagementPolicy ??= "OrderedReady";
    const strategy = spec.updateStrategy ??= {};
    if (strategy.type === undefined) {
      strategy.type = "RollingUpdate";
      strategy.rollingUpdate ??= {};
    }
    if (strategy.type === "RollingUpdate" && strategy.rollingUpdate) strategy.rollingUpdate.partition ??= 0;
    const retention = spec.persistentVolumeClaimRetentionPolicy ??= {};
    retention.whenDeleted ??= "Retain";
    retention.whenScaled ??= "Retain";
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.kind = "PersistentVolumeClaim";
      claim.apiVersion = "v1";
      defaultClaim(claim);
      claim.status = { ...claim.status, phase: claim.status?.phase ?? "Pending" };
    }
    defaultPodTemplate(spec.template);
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    validateCounts(spec, ["replicas", "minReadySeconds"], errors);
    requireNotNegative(spec.ordinals?.start, specPath.child("ordinals", "start"), errors);
    validateSelectorAndTemplate({ ...spec, template: templateOfPods(spec) }, rules, errors);
    if (spec.template) {
      // Upstream tells of labels twice.
      validateLabels(spec.template.metadata?.labels, specPath.child("template", "labels"), errors);
      requireEndless(spec.template, "StatefulSet", errors);
    }
    if (spec.podManagementPolicy !== "OrderedReady" && spec.podManagementPolicy !== "Parallel") {
      const detail = "must be 'OrderedReady' or 'Parallel'";
      errors.push(FieldError.invalid(specPath.child("podManagementPolicy"), spec.podManagementPolicy, detail));
    }
    validateUpdateStrategy(spec, errors);
    const retention = specPath.child("persistentVolumeClaimRetentionPolicy");
    for (const field of ["whenDeleted", "whenScaled"] as const) {
      requireOneOf(
        spec.persistentVolumeClaimRetentionPolicy?.[field],
        retention.child(field),
        ["Retain", "Delete"],
        errors,
      );
    }
    return errors;
  },
  validateCreate({ spec: { serviceName, volumeClaimTemplates = [] } }) {
    const errors: FieldError[] = [];
    if (serviceName) checkText(serviceName, specPath.child("serviceName"), checkDns1123Label, errors);
    for (const [index, { spec = {} }] of volumeClaimTemplates.entries()) {
      validateClaimSpec(spec, specPath.child("volumeClaimTemplates").index(index).child("spec"), errors);
    }
    return errors;
  },
  prepareForCreate({ spec }) {
    dropDisabledTemplateFields(spec.template);
    dropMaxUnavailable(spec);
  },
  prepareForUpdate({ spec }, old) {
    dropDisabledTemplateFields(spec.template);
    if (old.spec.updateStrategy?.rollingUpdate?.maxUnavailable === undefined) dropMaxUnavailable(spec);
  },
  warnings: (set, old) => [
    ...templateWarnings(set, old),
    ...claimWarnings(set.spec, old === undefined ? "" : "Spec"),
    ...historyWarnings(set.spec),
  ],
  validateUpdate({ spec }, old) {
    const masked = { ...spec };
    for (const field of mutable) Object.assign(masked, { [field]: old.spec[field] });
    if (deepEqual(masked, old.spec)) return [];
    const fields = mutable.map((field) => `'${field}'`);
    const detail = `updates to statefulset spec for fields other than ${fields.slice(0, -1).join(", ")} and ${
      fields.at(-1)
    } are forbidden`;
    return [FieldError.forbidden(specPath, detail)];
  },
  validateStatusUpdate: (set, old) => [
    ...validateStatusCounts(set.status, statusCounts),
    ...collisionsAreKept(set, old),
  ],
};

/** Its feature gate is off: only sets that have it keep it. */
function dropMaxUnavailable({ updateStrategy }: StatefulSetSpec): void {
  delete updateStrategy?.rollingUpdate?.maxUnavailable;
}

/** Upstream's paths are not of the fields: of a new set they lead to the claim, of another to a `Spec` in it. */
function claimWarnings({ volumeClaimTemplates = [] }: StatefulSetSpec, below: string): string[] {
  return volumeClaimTemplates.flatMap(({ spec = {} }, index) =>
    claimSpecWarnings(spec, specPath.child("volumeClaimTemplates").index(index).child(below))
  );
}

function historyWarnings({ revisionHistoryLimit = 0 }: StatefulSetSpec): string[] {
  const effect = "a negative value retains all historical revisions; a value >= 0 is recommended";
  return revisionHistoryLimit < 0 ? [`spec.revisionHistoryLimit: ${effect}`] : [];
}

function validateUpdateStrategy({ updateStrategy = {} }: StatefulSetSpec, errors: FieldError[]): void {
  const path = specPath.child("updateStrategy");
  const { type = "", rollingUpdate } = updateStrategy;
  if (type === "RollingUpdate") {
    const at = path.child("rollingUpdate");
    const { partition, maxUnavailable } = rollingUpdate ?? {};
    requireNotNegative(partition, at.child("partition"), errors);
    if (maxUnavailable !== undefined) validateMaxUnavailable(maxUnavailable, at.child("maxUnavailable"), errors);
  } else if (type !== "OnDelete") {
    const printed = goValue("io.k8s.api.apps.v1.StatefulSetUpdateStrategy", {
      ...updateStrategy,
      ...rollingUpdate && { rollingUpdate: { partition: 0, ...rollingUpdate } },
    });
    errors.push(FieldError.invalid(path, printed, "must be 'RollingUpdate' or 'OnDelete'"));
  } else if (rollingUpdate) {
    const detail = "only allowed for updateStrategy 'RollingUpdate'";
    const printed = goValue("io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy", { partition: 0, ...rollingUpdate });
    errors.push(FieldError.invalid(path.child("rollingUpdate"), printed, detail));
  }
}

function validateMaxUnavailable(value: number | string, path: Path, errors: FieldError[]): void {
  validateIntOrPercent(value, path, errors);
  if (isZero(value)) errors.push(FieldError.invalid(path, value, "cannot be 0"));
  requireNotMoreThanAll(value, path, errors);
}

/** With the volumes that its Pods get of the claims, and without the names that they do not get of the template. */
function templateOfPods({ template, volumeClaimTemplates = [] }: StatefulSetSpec): PodTemplateSpec {
  const { hostname: _, subdomain: __, volumes = [], ...spec } = template?.spec ?? { containers: [] };
  const names = new Set(volumeClaimTemplates.map(({ metadata: { name = "" } = {} }) => name));
  const claimed = [...names].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  const others = volumes.filter(({ name }) => !names.has(name));
  return { ...template, spec: { ...spec, volumes: [...claimed, ...others] } };
}
