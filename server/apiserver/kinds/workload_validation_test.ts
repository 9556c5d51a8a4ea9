import { describe, expect, it } from "vitest";
import type { FieldError } from "../../../api/meta/field.ts";
import type { KubeObject } from "../../../api/resource.ts";
import type { ControllerRevision, DaemonSet, Deployment, StatefulSet } from "../../../api/types/apps_v1.ts";
import type { PersistentVolumeClaimSpec, ReplicationController } from "../../../api/types/core_v1.ts";
import type { PodDisruptionBudget } from "../../../api/types/policy_v1.ts";
import { controllerRevisionStrategy } from "./controller_revision.ts";
import { daemonSetStrategy } from "./daemon_set.ts";
import { deploymentStrategy } from "./deployment.ts";
import { validateClaimSpec } from "./persistent_volume_claim.ts";
import { replicaSetStrategy } from "./replica_set.ts";
import { replicationControllerStrategy } from "./replication_controller.ts";
import { podDisruptionBudgetStrategy } from "./scheduling.ts";
import { specPath } from "./scheduling_validation.ts";
import { statefulSetStrategy } from "./stateful_set.ts";
import type { Strategy } from "./strategy.ts";

const labels = { app: "a" };
const preparation = { now: 0, warn: () => {} };
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

describe("a StatefulSet's update strategy", () => {
  const rolling = (rollingUpdate: object, type = "RollingUpdate") => ({ updateStrategy: { type, rollingUpdate } });

  it("is one of two, and counts", () => {
    expect(faultsOf(rolling({ partition: -1 }))).toEqual([
      "spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0",
    ]);
    expect(faultsOf(rolling({ partition: 1 }, "OnDelete"))).toEqual([
      'spec.updateStrategy.rollingUpdate: Invalid value: {"Partition":1,"MaxUnavailable":null}: only allowed for updateStrategy \'RollingUpdate\'',
    ]);
    expect(faultsOf({ updateStrategy: { type: "Odd" } })).toEqual([
      `spec.updateStrategy: Invalid value: {"Type":"Odd","RollingUpdate":null}: must be 'RollingUpdate' or 'OnDelete'`,
    ]);
    for (const [maxUnavailable, ...words] of [[0, "cannot be 0"], ["150%", "must not be greater than 100%"]] as const) {
      expect(faultsOf(rolling({ maxUnavailable }))).toEqual(words.map((part) => expect.stringContaining(part)));
    }
  });

  it("keeps maxUnavailable only where it was before: its feature is off", () => {
    const [set, plain] = [rolling({ maxUnavailable: 2 }), rolling({})].map((spec) => workload<StatefulSet>(spec));
    const limit = ({ spec }: StatefulSet) => spec.updateStrategy?.rollingUpdate?.maxUnavailable;
    const updated = (old: StatefulSet) => {
      const now = structuredClone(set!);
      statefulSetStrategy.prepareForUpdate!(now, old);
      return limit(now);
    };
    expect([updated(set!), updated(plain!)]).toEqual([2, undefined]);
    statefulSetStrategy.prepareForCreate!(set!, preparation);
    expect(limit(set!)).toBeUndefined();
  });
});

describe("a StatefulSet's warnings", () => {
  it("are of parts of bytes in its claims, and of a history that never ends", () => {
    const claims = [{ metadata: { name: "data" }, spec: { resources: { requests: { storage: "1500m" } } } }];
    const set = workload<StatefulSet>({ volumeClaimTemplates: claims, revisionHistoryLimit: -1 });
    const said = (path: string) => [
      `${path}.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer`,
      "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended",
    ];
    expect(statefulSetStrategy.warnings!(set)).toEqual(said("spec.volumeClaimTemplates[0]"));
    expect(statefulSetStrategy.warnings!(set, set)).toEqual(said("spec.volumeClaimTemplates[0].Spec"));
  });
});

describe("a workload", () => {
  const strategies: [string, Strategy<KubeObject & { spec: object }>, unusable: string | undefined, empty: string][] = [
    ["ReplicaSet", deploymentStrategy as never, "invalid label selector", "deployment"],
    ["ReplicaSet", replicaSetStrategy as never, "invalid label selector", "deployment"],
    ["StatefulSet", statefulSetStrategy as never, "", "statefulset"],
    ["DaemonSet", daemonSetStrategy as never, undefined, "daemonset"],
  ];
  for (const [kind, strategy, unusable, empty] of strategies) {
    const faults = (spec: object) => {
      const made = workload<KubeObject & { spec: object }>(spec);
      strategy.defaults!(made);
      return said(strategy.validate!(made));
    };

    it(`whose Pods are those of a ${kind} runs them without an end, and selects them`, () => {
      const template = { metadata: { labels }, spec: { ...pod, activeDeadlineSeconds: 1 } };
      expect(faults({ template })).toEqual([
        `spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ${kind} is not Supported`,
      ]);
      expect(faults({ selector: { matchLabels: { app: "b" } } })).toEqual([
        'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
      ]);
      expect(faults({ selector: {} }))
        .toEqual([`spec.selector: Invalid value: {}: empty selector is invalid for ${empty}`]);
    });

    it(`whose Pods are those of a ${kind} tells of a selector that cannot be understood`, () => {
      const found = faults({ selector: { matchLabels: { zone: "a b", app: "a" } } });
      expect(found[0]).toContain('spec.selector.matchLabels: Invalid value: "a b": a valid label must');
      const printed = 'spec.selector: Invalid value: {"matchLabels":{"app":"a","zone":"a b"}}';
      expect(found.slice(1)).toEqual(unusable === undefined ? [] : [printed + (unusable && `: ${unusable}`)]);
    });
  }

  it("has one of its strategies, and no other is looked at", () => {
    const faults = (strategy: object) => {
      const deployment = workload<Deployment>({ strategy });
      deploymentStrategy.defaults!(deployment);
      return said(deploymentStrategy.validate!(deployment));
    };
    expect(faults({ type: "Odd", rollingUpdate: { maxSurge: -1 } })).toEqual([
      'spec.strategy: Unsupported value: {"Type":"Odd","RollingUpdate":{"MaxUnavailable":0,"MaxSurge":-1}}: supported values: "Recreate", "RollingUpdate"',
    ]);
    expect(faults({ rollingUpdate: { maxSurge: "0%", maxUnavailable: "-5%" } })).toEqual([
      expect.stringContaining('maxUnavailable: Invalid value: "-5%": a valid percent'),
      expect.stringContaining('maxUnavailable: Invalid value: "-5%": may not be 0 when `maxSurge` is 0'),
    ]);
  });

  it("warns of its name when it is made, and of its template whenever that may have changed", () => {
    const deployment = workload<Deployment>({
      template: { metadata: { labels }, spec: { ...pod, terminationGracePeriodSeconds: -1 } },
    });
    deployment.metadata = { name: "a.b", generation: 2 };
    const period = expect.stringContaining("spec.template.spec.terminationGracePeriodSeconds: must be >= 0");
    const name = expect.stringContaining("metadata.name: this is used in Pod names and hostnames");
    const { warnings } = deploymentStrategy;
    expect(warnings!(deployment)).toEqual([name, period]);
    expect(warnings!(deployment, { ...deployment, metadata: { generation: 1 } })).toEqual([period]);
    expect(warnings!(deployment, deployment)).toEqual([]);
  });
});

describe("a ReplicationController", () => {
  it("selects its Pods by labels, which need not be any that are allowed", () => {
    const faults = (selector: Record<string, string>, has: Record<string, string> = selector) => {
      const template = { metadata: { labels: has }, spec: { ...pod, activeDeadlineSeconds: 1 } };
      const made = workload<ReplicationController>({ selector, template });
      replicationControllerStrategy.defaults!(made);
      return said(replicationControllerStrategy.validate!(made));
    };
    const endless =
      "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicationController is not Supported";
    expect(faults({ app: "a" })).toEqual([endless]);
    expect(faults({ app: "a b" })[0]).toContain('spec.template.labels: Invalid value: "a b"');
    expect(faults({ app: "b" }, labels)[0]).toContain("`selector` does not match template `labels`");
  });
});

describe("a ControllerRevision", () => {
  const revision = (data: unknown, revision = 1) => ({ metadata: { name: "a" }, revision, data } as ControllerRevision);

  it("has an object that stays, and a number that may rise", () => {
    const { validate, validateCreate, validateUpdate } = controllerRevisionStrategy;
    expect(said(validate!(revision({}, -1))))
      .toEqual(["revision: Invalid value: -1: must be greater than or equal to 0"]);
    expect(said(validateCreate!(revision({ a: 1 })))).toEqual([]);
    expect(said(validateCreate!(revision(undefined)))).toEqual(["data: Required value: data is mandatory"]);
    expect(said(validateCreate!(revision([])))).toEqual(["data: Required value: data must be a valid JSON object"]);
    expect(said(validateUpdate!(revision({ a: 1 }, 2), revision({ a: 1 })))).toEqual([]);
    expect(said(validateUpdate!(revision({ a: 2 }), revision({ a: 1 }))))
      .toEqual(['data: Invalid value: {"a":2}: field is immutable']);
  });
});

describe("a DaemonSet", () => {
  const annotation = "deprecated.daemonset.template.generation";

  it("counts its templates, whatever clients say", () => {
    const set = workload<DaemonSet>({});
    daemonSetStrategy.defaults!(set);
    daemonSetStrategy.prepareForCreate!(set, preparation);
    expect(set.metadata.annotations).toEqual({ [annotation]: "1" });
    const same = { ...structuredClone(set), metadata: { name: "a", annotations: { [annotation]: "9" } } };
    daemonSetStrategy.prepareForUpdate!(same, set);
    expect(same.metadata.annotations).toEqual({ [annotation]: "1" });
    const changed = structuredClone(same);
    changed.spec.template.spec!.containers[0]!.image = "alpine";
    daemonSetStrategy.prepareForUpdate!(changed, same);
    expect(changed.metadata.annotations).toEqual({ [annotation]: "2" });
  });

  it("counts what it may take away and add, whatever its strategy", () => {
    const of = (updateStrategy: object) => {
      const set = workload<DaemonSet>({ updateStrategy });
      daemonSetStrategy.defaults!(set);
      return set.spec.updateStrategy?.rollingUpdate;
    };
    expect(of({})).toEqual({ maxUnavailable: 1, maxSurge: 0 });
    expect(of({ type: "OnDelete" })).toBeUndefined();
    expect(of({ type: "OnDelete", rollingUpdate: { maxSurge: 1 } })).toEqual({ maxUnavailable: 0, maxSurge: 1 });
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
