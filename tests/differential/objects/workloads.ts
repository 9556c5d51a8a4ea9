import { type Specimen, template } from "./specimen.ts";

const app = { app: "a" };
const condition = { type: "Test", status: "True", reason: "Test", message: "by a test" };

/** Groups apps, batch, autoscaling, policy, scheduling and coordination. */
export const workloads: readonly Specimen[] = [
  {
    of: "apps/controllerrevisions",
    object: { revision: 1, data: { any: "thing" } },
  },
  {
    of: "apps/daemonsets",
    object: {
      spec: {
        selector: { matchLabels: app },
        template: template(app),
        minReadySeconds: 2,
        revisionHistoryLimit: 3,
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "10%", maxSurge: 0 } },
      },
    },
    status: {
      currentNumberScheduled: 1,
      numberMisscheduled: 0,
      desiredNumberScheduled: 1,
      numberReady: 1,
      observedGeneration: 1,
      updatedNumberScheduled: 1,
      numberAvailable: 1,
      numberUnavailable: 0,
      collisionCount: 0,
      conditions: [condition],
    },
  },
  {
    of: "apps/deployments",
    object: {
      spec: {
        replicas: 2,
        selector: { matchLabels: app, matchExpressions: [{ key: "app", operator: "In", values: ["a", "b"] }] },
        template: template(app),
        strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: "25%" } },
        minReadySeconds: 1,
        revisionHistoryLimit: 2,
        paused: true,
        progressDeadlineSeconds: 60,
      },
    },
    status: {
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      unavailableReplicas: 0,
      terminatingReplicas: 0,
      collisionCount: 0,
      conditions: [condition],
    },
  },
  {
    of: "apps/replicasets",
    object: { spec: { replicas: 2, minReadySeconds: 1, selector: { matchLabels: app }, template: template(app) } },
    status: {
      replicas: 2,
      fullyLabeledReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      observedGeneration: 1,
      conditions: [condition],
    },
  },
  {
    of: "apps/statefulsets",
    object: {
      spec: {
        replicas: 2,
        serviceName: "s",
        selector: { matchLabels: app },
        template: template(app),
        podManagementPolicy: "Parallel",
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 1 } },
        revisionHistoryLimit: 2,
        minReadySeconds: 1,
        persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete", whenScaled: "Retain" },
        ordinals: { start: 1 },
        volumeClaimTemplates: [{
          metadata: { name: "data" },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
        }],
      },
    },
    status: {
      observedGeneration: 1,
      replicas: 2,
      readyReplicas: 2,
      currentReplicas: 2,
      updatedReplicas: 2,
      availableReplicas: 2,
      currentRevision: "r",
      updateRevision: "r",
      collisionCount: 0,
      conditions: [condition],
    },
  },
  {
    of: "batch/jobs",
    object: {
      spec: {
        parallelism: 2,
        completions: 3,
        activeDeadlineSeconds: 100,
        backoffLimit: 4,
        ttlSecondsAfterFinished: 60,
        completionMode: "Indexed",
        suspend: true,
        podReplacementPolicy: "Failed",
        podFailurePolicy: {
          rules: [
            { action: "FailJob", onExitCodes: { containerName: "main", operator: "In", values: [1, 2] } },
            { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
          ],
        },
        template: template(app, { restartPolicy: "Never" }),
      },
    },
    status: { active: 1, succeeded: 0, failed: 0, ready: 0, startTime: "2026-01-02T03:04:05Z" },
  },
  {
    of: "batch/jobs",
    object: {
      spec: {
        completions: 3,
        completionMode: "Indexed",
        backoffLimitPerIndex: 1,
        maxFailedIndexes: 1,
        successPolicy: { rules: [{ succeededIndexes: "0-1", succeededCount: 1 }] },
        template: template(app, { restartPolicy: "Never" }),
      },
    },
    status: {
      startTime: "2026-01-02T03:04:05Z",
      completionTime: "2026-01-02T03:04:06Z",
      succeeded: 2,
      failed: 1,
      ready: 0,
      terminating: 0,
      completedIndexes: "0,2",
      failedIndexes: "1",
      uncountedTerminatedPods: {},
      conditions: [{ type: "SuccessCriteriaMet", status: "True" }, { type: "Complete", status: "True" }],
    },
  },
  {
    of: "batch/jobs",
    object: {
      spec: {
        manualSelector: true,
        selector: { matchLabels: app },
        managedBy: "example.com/queue",
        template: template({ ...app, "job-name": "other" }, { restartPolicy: "OnFailure" }),
      },
    },
    status: {
      startTime: "2026-01-02T03:04:05Z",
      failed: 1,
      conditions: [{ type: "FailureTarget", status: "True" }, { type: "Failed", status: "True" }],
    },
  },
  {
    of: "batch/jobs",
    object: {
      spec: {
        suspend: true,
        template: template(app, {
          restartPolicy: "Never",
          nodeSelector: app,
          tolerations: [{ operator: "Exists" }],
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [{ matchExpressions: [{ key: "app", operator: "Exists" }] }],
              },
            },
            podAntiAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [{
                topologyKey: "zone",
                labelSelector: { matchLabels: app },
              }],
            },
          },
          containers: [{ name: "main", image: "busybox:1.36", resources: { requests: { cpu: "1" } } }],
        }),
      },
    },
    status: { conditions: [{ type: "Suspended", status: "True" }] },
    changesWithStatus: true,
  },
  {
    of: "batch/cronjobs",
    object: {
      spec: {
        schedule: "*/5 * * * *",
        timeZone: "Europe/Berlin",
        startingDeadlineSeconds: 10,
        concurrencyPolicy: "Forbid",
        suspend: true,
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 1,
        jobTemplate: {
          metadata: { labels: app },
          spec: { backoffLimit: 1, template: template(app, { restartPolicy: "OnFailure" }) },
        },
      },
    },
    status: { lastScheduleTime: "2026-01-02T03:04:05Z", active: [{ kind: "Job", name: "j" }] },
  },
  {
    of: "batch/cronjobs",
    object: {
      metadata: { name: "a.name.with.dots" },
      spec: {
        schedule: "@every 1h30m",
        jobTemplate: { spec: { template: template(app, { restartPolicy: "Never" }) } },
      },
    },
  },
  {
    of: "apps/statefulsets",
    object: {
      spec: {
        selector: { matchLabels: app },
        template: template(app, { hostname: "h", subdomain: "s", volumes: [{ name: "data", emptyDir: {} }] }),
        updateStrategy: { type: "OnDelete" },
        revisionHistoryLimit: -1,
      },
    },
  },
  {
    of: "apps/daemonsets",
    object: {
      metadata: { name: "on-delete", annotations: { "deprecated.daemonset.template.generation": "7" } },
      spec: { selector: { matchLabels: app }, template: template(app), updateStrategy: { type: "OnDelete" } },
    },
  },
  {
    of: "apps/deployments",
    object: {
      metadata: { name: "a.name.with.dots", labels: app, annotations: { note: "a" } },
      spec: { selector: { matchLabels: app }, template: template(app), strategy: { type: "Recreate" } },
    },
  },
  {
    of: "/replicationcontrollers",
    object: { metadata: { name: "a.name.with.dots" }, spec: { template: template(app) } },
  },
  {
    of: "autoscaling/horizontalpodautoscalers",
    version: "v2",
    object: { spec: { scaleTargetRef: { kind: "ReplicationController", name: "r" }, maxReplicas: 3, behavior: {} } },
  },
  {
    of: "autoscaling/horizontalpodautoscalers",
    version: "v1",
    object: {
      metadata: { name: "v1", annotations: { note: "a" } },
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" },
        minReplicas: 1,
        maxReplicas: 5,
        targetCPUUtilizationPercentage: 50,
      },
    },
    status: {
      observedGeneration: 1,
      lastScaleTime: "2026-01-02T03:04:05Z",
      currentReplicas: 1,
      desiredReplicas: 2,
      currentCPUUtilizationPercentage: 40,
    },
  },
  {
    of: "autoscaling/horizontalpodautoscalers",
    version: "v1",
    object: {
      metadata: {
        name: "annotated",
        annotations: {
          "autoscaling.alpha.kubernetes.io/metrics": JSON.stringify([
            { type: "Pods", pods: { metricName: "m", targetAverageValue: "10", selector: { matchLabels: app } } },
            {
              type: "Object",
              object: { target: { kind: "Service", name: "s" }, metricName: "m", targetValue: "10", averageValue: "2" },
            },
            { type: "Resource", resource: { name: "memory", targetAverageUtilization: 60 } },
            { type: "Resource", resource: { name: "memory", targetAverageValue: "1Gi" } },
            { type: "External", external: { metricName: "m", targetValue: "3", metricSelector: { matchLabels: app } } },
            { type: "External", external: { metricName: "m", targetAverageValue: "3" } },
            {
              type: "ContainerResource",
              containerResource: { name: "cpu", container: "main", targetAverageUtilization: 70 },
            },
          ]),
          "autoscaling.alpha.kubernetes.io/behavior": JSON.stringify({
            ScaleUp: {
              StabilizationWindowSeconds: 3,
              SelectPolicy: "Max",
              Policies: [{ Type: "Pods", Value: 4, PeriodSeconds: 15 }],
            },
          }),
        },
      },
      spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" }, maxReplicas: 5 },
    },
    status: { currentReplicas: 1, desiredReplicas: 2 },
  },
  {
    of: "policy/poddisruptionbudgets",
    object: { spec: { maxUnavailable: 1, selector: {} } },
    status: {
      disruptionsAllowed: 0,
      currentHealthy: 0,
      desiredHealthy: 0,
      expectedPods: 0,
      disruptedPods: { p: "2026-01-02T03:04:05Z" },
      conditions: [{
        type: "DisruptionAllowed",
        status: "False",
        reason: "InsufficientPods",
        message: "by a test",
        lastTransitionTime: "2026-01-02T03:04:05Z",
        observedGeneration: 1,
      }],
    },
  },
  {
    of: "autoscaling/horizontalpodautoscalers",
    version: "v2",
    object: {
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" },
        minReplicas: 1,
        maxReplicas: 5,
        metrics: [
          { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } },
          { type: "Pods", pods: { metric: { name: "m" }, target: { type: "AverageValue", averageValue: "10" } } },
          {
            type: "Object",
            object: {
              describedObject: { kind: "Service", name: "s" },
              metric: { name: "m", selector: { matchLabels: app } },
              target: { type: "Value", value: "10" },
            },
          },
          { type: "External", external: { metric: { name: "m" }, target: { type: "Value", value: "3" } } },
          {
            type: "ContainerResource",
            containerResource: {
              name: "memory",
              container: "main",
              target: { type: "AverageValue", averageValue: "1Mi" },
            },
          },
        ],
        behavior: {
          scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: "Pods", value: 4, periodSeconds: 15 }] },
          scaleDown: { selectPolicy: "Min", policies: [{ type: "Percent", value: 10, periodSeconds: 60 }] },
        },
      },
    },
    status: { currentReplicas: 1, desiredReplicas: 2, conditions: [{ type: "AbleToScale", status: "True" }] },
  },
  {
    of: "policy/poddisruptionbudgets",
    object: {
      spec: { minAvailable: "50%", selector: { matchLabels: app }, unhealthyPodEvictionPolicy: "AlwaysAllow" },
    },
    status: {
      observedGeneration: 1,
      disruptionsAllowed: 1,
      currentHealthy: 2,
      desiredHealthy: 1,
      expectedPods: 2,
    },
  },
  {
    of: "scheduling.k8s.io/priorityclasses",
    object: { value: 1000, globalDefault: false, description: "test", preemptionPolicy: "Never" },
  },
  {
    of: "coordination.k8s.io/leases",
    object: {
      spec: {
        holderIdentity: "h",
        leaseDurationSeconds: 10,
        acquireTime: "2026-01-02T03:04:05.000006Z",
        renewTime: "2026-01-02T03:04:05.000006Z",
        leaseTransitions: 1,
      },
    },
  },
];
