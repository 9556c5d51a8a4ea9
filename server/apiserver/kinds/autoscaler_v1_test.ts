import { describe, expect, it } from "vitest";
import type { HorizontalPodAutoscaler as AutoscalerV1 } from "../../../api/types/autoscaling_v1.ts";
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus } from "../../../api/types/autoscaling_v2.ts";
import { autoscalerV1 } from "./autoscaler_v1.ts";

const prefix = "autoscaling.alpha.kubernetes.io/";
const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "d" };
const metric = { name: "m", selector: { matchLabels: { app: "a" } } };
const service = { kind: "Service", name: "s" };

/** As v2 has it, and as upstream writes it into v1's annotation. */
const sources: readonly (readonly [MetricSpec, string])[] = [
  [
    { type: "Pods", pods: { metric, target: { type: "AverageValue", averageValue: "10" } } },
    '{"type":"Pods","pods":{"metricName":"m","targetAverageValue":"10","selector":{"matchLabels":{"app":"a"}}}}',
  ],
  [
    { type: "Object", object: { describedObject: service, metric, target: { type: "Value", value: "10" } } },
    '{"type":"Object","object":{"target":{"kind":"Service","name":"s"},"metricName":"m","targetValue":"10","selector":{"matchLabels":{"app":"a"}}}}',
  ],
  [
    {
      type: "Object",
      object: { describedObject: service, metric: { name: "m" }, target: { type: "AverageValue", averageValue: "2" } },
    },
    '{"type":"Object","object":{"target":{"kind":"Service","name":"s"},"metricName":"m","targetValue":"0","averageValue":"2"}}',
  ],
  [
    { type: "Resource", resource: { name: "memory", target: { type: "AverageValue", averageValue: "1Gi" } } },
    '{"type":"Resource","resource":{"name":"memory","targetAverageValue":"1Gi"}}',
  ],
  [
    {
      type: "ContainerResource",
      containerResource: { name: "cpu", container: "c", target: { type: "Utilization", averageUtilization: 70 } },
    },
    '{"type":"ContainerResource","containerResource":{"name":"cpu","targetAverageUtilization":70,"container":"c"}}',
  ],
  [
    { type: "External", external: { metric: { name: "m" }, target: { type: "Value", value: "3" } } },
    '{"type":"External","external":{"metricName":"m","targetValue":"3"}}',
  ],
];

const statuses: readonly (readonly [MetricStatus, string])[] = [
  [
    { type: "Resource", resource: { name: "cpu", current: { averageUtilization: 40, averageValue: "100m" } } },
    '{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":40,"currentAverageValue":"100m"}}',
  ],
  [
    { type: "Pods", pods: { metric: { name: "m" }, current: { averageValue: "3" } } },
    '{"type":"Pods","pods":{"metricName":"m","currentAverageValue":"3"}}',
  ],
  [
    { type: "Object", object: { describedObject: service, metric: { name: "m" }, current: { value: "7" } } },
    '{"type":"Object","object":{"target":{"kind":"Service","name":"s"},"metricName":"m","currentValue":"7"}}',
  ],
  [
    { type: "ContainerResource", containerResource: { name: "cpu", container: "c", current: { averageValue: "1" } } },
    '{"type":"ContainerResource","containerResource":{"name":"cpu","currentAverageValue":"1","container":"c"}}',
  ],
  [
    { type: "External", external: { metric: { name: "m" }, current: { value: "4", averageValue: "1" } } },
    '{"type":"External","external":{"metricName":"m","currentValue":"4","currentAverageValue":"1"}}',
  ],
];

const cpu: MetricSpec = {
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } },
};

const stored: HorizontalPodAutoscaler = {
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "a", annotations: { note: "n" } },
  spec: {
    scaleTargetRef,
    maxReplicas: 5,
    metrics: [...sources.map(([source]) => source), cpu],
    behavior: { scaleUp: { selectPolicy: "Max", policies: [{ type: "Pods", value: 4, periodSeconds: 15 }] } },
  },
  status: {
    currentReplicas: 1,
    desiredReplicas: 2,
    conditions: [{ type: "AbleToScale", status: "True", reason: "R" }],
    currentMetrics: statuses.map(([status]) => status),
  },
};

describe("a HorizontalPodAutoscaler of autoscaling/v1", () => {
  it("has in annotations what it has no field for, and loses nothing of it", () => {
    const shown = autoscalerV1.fromStored(stored) as AutoscalerV1;
    expect(shown.spec).toEqual({ scaleTargetRef, maxReplicas: 5, targetCPUUtilizationPercentage: 50 });
    expect(shown.status).toEqual({ currentReplicas: 1, desiredReplicas: 2, currentCPUUtilizationPercentage: 40 });
    expect(shown.metadata.annotations).toEqual({
      note: "n",
      [`${prefix}metrics`]: `[${sources.map(([, text]) => text).join(",")}]`,
      [`${prefix}current-metrics`]: `[${statuses.map(([, text]) => text).join(",")}]`,
      [`${prefix}conditions`]: '[{"type":"AbleToScale","status":"True","lastTransitionTime":null,"reason":"R"}]',
      [`${prefix}behavior`]:
        '{"ScaleUp":{"StabilizationWindowSeconds":null,"SelectPolicy":"Max","Policies":[{"Type":"Pods","Value":4,"PeriodSeconds":15}],"Tolerance":null},"ScaleDown":null}',
    });
    expect(autoscalerV1.toStored(shown)).toEqual(stored);
  });

  it("says nothing in annotations that cannot be understood", () => {
    const wrong = ["no JSON", "{}", '[{"type":5}]', "[1]"];
    for (const text of wrong) {
      const names = ["metrics", "current-metrics", "conditions", "behavior"];
      const annotations = Object.fromEntries(names.map((name) => [prefix + name, text]));
      const old: AutoscalerV1 = {
        metadata: { name: "a", annotations },
        spec: { scaleTargetRef, maxReplicas: 5 },
        status: { currentReplicas: 1, desiredReplicas: 2, currentCPUUtilizationPercentage: 30 },
      };
      const { metadata, spec, status } = autoscalerV1.toStored(old) as HorizontalPodAutoscaler;
      expect(metadata).toEqual({ name: "a" });
      expect(spec).toEqual({ scaleTargetRef, maxReplicas: 5 });
      const current = { averageUtilization: 30 };
      const currentMetrics = [{ type: "Resource", resource: { name: "cpu", current } }];
      expect(status).toEqual({ currentReplicas: 1, desiredReplicas: 2, currentMetrics });
    }
  });
});
