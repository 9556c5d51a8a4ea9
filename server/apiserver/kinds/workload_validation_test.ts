import { describe, expect, it } from "vitest";
import type { FieldError } from "../../../api/meta/field.ts";
import type { DaemonSet, StatefulSet } from "../../../api/types/apps_v1.ts";
import type { PersistentVolumeClaimSpec } from "../../../api/types/core_v1.ts";
import type { PodDisruptionBudget } from "../../../api/types/policy_v1.ts";
import { daemonSetStrategy } from "./daemon_set.ts";
import { validateClaimSpec } from "./persistent_volume_claim.ts";
import { podDisruptionBudgetStrategy } from "./scheduling.ts";
import { specPath } from "./scheduling_validation.ts";
import { statefulSetStrategy } from "./stateful_set.ts";

const labels = { app: "a" };
const pod = { containers: [{ name: "main", image: "busybox" }] };
const claim = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };

function workload<T>(spec: object): T {
  const made = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod }, ...spec };
  return structuredClone({ metadata: { name: "a" }, spec: made }) as T;
}

function said(errors: readonly FieldError[] = []): string[] {
  return errors.map((error) => `${error.field}: ${error.body()}`);
}

function faultsOf(spec: object): string[] {
  const set = workload<StatefulSet>(spec);
  statefulSetStrategy.defaults!(set);
  return said([...statefulSetStrategy.validate!(set), ...statefulSetStrategy.validateCreate!(set)]);
}

describe("a StatefulSet", () => {
  it("gives its Pods their names and the volumes of its claims", () => {
    const template = {
      metadata: { labels },
      spec: {
        hostname: "Not_A.Name!",
        subdomain: "Not_A.Name!",
        volumes: [{ name: "data" }],
        containers: [{ ...pod.containers[0], volumeMounts: [{ name: "data", mountPath: "/data" }] }],
      },
    };
    expect(faultsOf({ template, volumeClaimTemplates: [{ metadata: { name: "data" }, spec: claim }] })).toEqual([]);
  });

  it("is refused with claims, a Service, ordinals and a policy that cannot be", () => {
    expect(faultsOf({ volumeClaimTemplates: [{ metadata: { name: "data" }, spec: {} }] })).toEqual([
      "spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required",
      "spec.volumeClaimTemplates[0].spec.resources[storage]: Required value",
    ]);
    expect(faultsOf({ volumeClaimTemplates: [{ metadata: { name: "A" }, spec: claim }] })[0])
      .toContain('spec.template.spec.volumes[0].name: Invalid value: "A"');
    expect(faultsOf({ serviceName: "a.b" })[0]).toContain('spec.serviceName: Invalid value: "a.b"');
    expect(faultsOf({ ordinals: { start: -1 } })[0]).toContain("spec.ordinals.start: Invalid value: -1");
    expect(faultsOf({ podManagementPolicy: "Odd" }))
      .toEqual([`spec.podManagementPolicy: Invalid value: "Odd": must be 'OrderedReady' or 'Parallel'`]);
  });
});

describe("a DaemonSet", () => {
  const annotation = "deprecated.daemonset.template.generation";

  it("counts its templates, whatever clients say", () => {
    const set = workload<DaemonSet>({});
    daemonSetStrategy.defaults!(set);
    daemonSetStrategy.prepareForCreate!(set, { now: 0, warn: () => {} });
    expect(set.metadata.annotations).toEqual({ [annotation]: "1" });
    const same = { ...structuredClone(set), metadata: { name: "a", annotations: { [annotation]: "9" } } };
    daemonSetStrategy.prepareForUpdate!(same, set);
    expect(same.metadata.annotations).toEqual({ [annotation]: "1" });
    const changed = structuredClone(same);
    changed.spec.template.spec!.containers[0]!.image = "alpine";
    daemonSetStrategy.prepareForUpdate!(changed, same);
    expect(changed.metadata.annotations).toEqual({ [annotation]: "2" });
  });

  it("cannot take away more than all of its Pods", () => {
    const set = workload<DaemonSet>({
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "150%", maxSurge: 0 } },
    });
    daemonSetStrategy.defaults!(set);
    expect(said(daemonSetStrategy.validate!(set))).toEqual([
      'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "150%": must not be greater than 100%',
    ]);
  });
});

describe("a PodDisruptionBudget", () => {
  it("keeps at most all Pods, and counts none below zero", () => {
    const budget = { metadata: { name: "a" }, spec: { minAvailable: "101%" } } as PodDisruptionBudget;
    expect(said(podDisruptionBudgetStrategy.validate!(budget)))
      .toEqual(['spec.minAvailable: Invalid value: "101%": must not be greater than 100%']);
    const wrong = {
      ...budget,
      status: { disruptionsAllowed: -1, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
    };
    expect(said(podDisruptionBudgetStrategy.validateStatusUpdate!(wrong, budget)))
      .toEqual(["status.disruptionsAllowed: Invalid value: -1: must be greater than or equal to 0"]);
  });
});

describe("a claim's spec", () => {
  const faults = (spec: object) => {
    const errors: FieldError[] = [];
    validateClaimSpec({ ...claim, ...spec } as PersistentVolumeClaimSpec, specPath, errors);
    return said(errors);
  };
  const source = { kind: "PersistentVolumeClaim", name: "a" };

  it("may name its classes and a source", () => {
    const classes = { storageClassName: "fast", volumeAttributesClassName: "gold" };
    expect(faults({ ...classes, dataSource: source, dataSourceRef: source })).toEqual([]);
    expect(faults({ dataSourceRef: { ...source, namespace: "other" } })).toEqual([]);
  });

  it("is refused with names and sources that cannot be", () => {
    expect(faults({ storageClassName: "A b" })[0]).toContain('spec.storageClassName: Invalid value: "A b"');
    expect(faults({ volumeAttributesClassName: "A b" })[0]).toContain("spec.volumeAttributesClassName: Invalid value");
    expect(faults({ dataSource: { kind: "Other", name: "" } })).toEqual([
      "spec.dataSource.name: Required value",
      `spec.dataSource: Invalid value: "Other": must be 'PersistentVolumeClaim' when referencing the default apiGroup`,
    ]);
    expect(faults({ dataSource: source, dataSourceRef: { ...source, name: "b" } }))
      .toEqual(["spec: Invalid value: {}: must match dataSourceRef"]);
    expect(faults({ accessModes: ["ReadWriteOncePod", "ReadOnlyMany"] }))
      .toEqual(["spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes"]);
  });
});
