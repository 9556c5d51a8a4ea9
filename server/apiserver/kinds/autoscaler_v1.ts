import type { HorizontalPodAutoscaler as AutoscalerV1 } from "../../../api/types/autoscaling_v1.ts";
import type { HorizontalPodAutoscaler, MetricSpec } from "../../../api/types/autoscaling_v2.ts";
import type { ObjectMeta } from "../../../api/types/meta_v1.ts";
import {
  behaviorOf,
  behaviorText,
  conditionsOf,
  conditionsText,
  currentMetricsOf,
  currentMetricsText,
  metricsOf,
  metricsText,
} from "./autoscaler_v1_metrics.ts";
import type { Conversion } from "./conversion.ts";

/** What the old version has no field for travels in these annotations, under upstream's names. */
const metricsAnnotation = "autoscaling.alpha.kubernetes.io/metrics";
const behaviorAnnotation = "autoscaling.alpha.kubernetes.io/behavior";
const conditionsAnnotation = "autoscaling.alpha.kubernetes.io/conditions";
const currentMetricsAnnotation = "autoscaling.alpha.kubernetes.io/current-metrics";

const oldAnnotations = [
  metricsAnnotation,
  behaviorAnnotation,
  conditionsAnnotation,
  currentMetricsAnnotation,
  "autoscaling.alpha.kubernetes.io/scale-down-tolerance",
  "autoscaling.alpha.kubernetes.io/scale-up-tolerance",
];

/** Takes from an object of the new version what only annotates objects of the old one, where it would be read as their fields. */
export function dropOldAnnotations(metadata: ObjectMeta): void {
  const { annotations } = metadata;
  if (annotations === undefined) return;
  for (const name of oldAnnotations) delete annotations[name];
  if (Object.keys(annotations).length === 0) delete metadata.annotations;
}

const apiVersion = "autoscaling/v1";

/** HorizontalPodAutoscalers of `autoscaling/v1`, which are stored as v2's. */
export const autoscalerV1: Conversion = {
  apiVersion,
  fromStored(object) {
    const { metadata, spec, status } = object as HorizontalPodAutoscaler;
    const { metrics = [], behavior, ...common } = spec;
    const cpu = metrics.find(isCpuUtilization);
    const others = metrics.filter((metric) => !isCpuUtilization(metric));
    const { conditions = [], currentMetrics = [], ...counts } = status ?? { desiredReplicas: 0 };
    const usage = currentMetrics.findLast(({ type, resource }) =>
      type === "Resource" && resource?.name === "cpu" && resource.current.averageUtilization !== undefined
    )?.resource?.current.averageUtilization;
    const annotations = {
      ...metadata.annotations,
      ...others.length > 0 && { [metricsAnnotation]: metricsText(others) },
      ...behavior && { [behaviorAnnotation]: behaviorText(behavior) },
      ...conditions.length > 0 && { [conditionsAnnotation]: conditionsText(conditions) },
      ...currentMetrics.length > 0 && { [currentMetricsAnnotation]: currentMetricsText(currentMetrics) },
    };
    const shown: AutoscalerV1 = {
      kind: object.kind!,
      apiVersion,
      metadata: Object.keys(annotations).length > 0 ? { ...metadata, annotations } : metadata,
      spec: {
        ...common,
        ...(cpu ? { targetCPUUtilizationPercentage: cpu.resource!.target.averageUtilization! } : {}),
      },
      status: {
        currentReplicas: 0,
        ...counts,
        ...(usage === undefined ? {} : { currentCPUUtilizationPercentage: usage }),
      },
    };
    return shown;
  },
  toStored(object) {
    const { metadata, spec, status } = object as AutoscalerV1;
    const { targetCPUUtilizationPercentage: percentage, ...common } = spec ?? { maxReplicas: 0 };
    const { currentCPUUtilizationPercentage: usage, ...counts } = status ?? { desiredReplicas: 0 };
    const {
      [metricsAnnotation]: metricsAnnotated,
      [behaviorAnnotation]: behaviorAnnotated,
      [conditionsAnnotation]: conditionsAnnotated,
      [currentMetricsAnnotation]: currentMetricsAnnotated,
      ...annotations
    } = metadata.annotations ?? {};
    const metrics = metricsOf(metricsAnnotated) ?? [];
    if (percentage !== undefined) {
      const target = { type: "Utilization", averageUtilization: percentage };
      metrics.push({ type: "Resource", resource: { name: "cpu", target } });
    }
    const behavior = behaviorOf(behaviorAnnotated);
    const conditions = conditionsOf(conditionsAnnotated);
    // What an annotation says is more than the one number.
    const currentMetrics = currentMetricsOf(currentMetricsAnnotated) ??
      (usage === undefined
        ? undefined
        : [{ type: "Resource", resource: { name: "cpu", current: { averageUtilization: usage } } }]);
    const { annotations: _annotations, ...otherMetadata } = metadata;
    const stored: HorizontalPodAutoscaler = {
      kind: object.kind!,
      apiVersion: "autoscaling/v2",
      metadata: Object.keys(annotations).length > 0 ? { ...otherMetadata, annotations } : otherMetadata,
      spec: {
        ...common,
        ...(metrics.length > 0 ? { metrics } : {}),
        ...(behavior ? { behavior } : {}),
      },
      status: { ...counts, ...(conditions ? { conditions } : {}), ...(currentMetrics ? { currentMetrics } : {}) },
    };
    return stored;
  },
};

function isCpuUtilization({ type, resource }: MetricSpec): boolean {
  return type === "Resource" && resource?.name === "cpu" && resource.target?.averageUtilization !== undefined;
}
