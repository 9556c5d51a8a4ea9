import type { HorizontalPodAutoscaler as AutoscalerV1 } from "../../../api/types/autoscaling_v1.ts";
import type { HorizontalPodAutoscaler, MetricSpec } from "../../../api/types/autoscaling_v2.ts";
import type { Conversion } from "./conversion.ts";

/** What the old version has no field for travels in these annotations, under upstream's names. */
const metricsAnnotation = "autoscaling.alpha.kubernetes.io/metrics";
const behaviorAnnotation = "autoscaling.alpha.kubernetes.io/behavior";
const conditionsAnnotation = "autoscaling.alpha.kubernetes.io/conditions";
const currentMetricsAnnotation = "autoscaling.alpha.kubernetes.io/current-metrics";

const apiVersion = "autoscaling/v1";

/** HorizontalPodAutoscalers of `autoscaling/v1`, which are stored as v2's. */
export const autoscalerV1: Conversion = {
  apiVersion,
  fromStored(object) {
    const { metadata, spec, status } = object as HorizontalPodAutoscaler;
    const { metrics = [], behavior, ...common } = spec;
    const cpu = metrics.find(isCpuUtilization);
    const others = metrics.filter((metric) => metric !== cpu);
    const { conditions, currentMetrics, ...counts } = status ?? { desiredReplicas: 0 };
    const usage = currentMetrics?.find(({ resource }) => resource?.name === "cpu")?.resource?.current
      .averageUtilization;
    const annotations = {
      ...metadata.annotations,
      ...asAnnotation(metricsAnnotation, others),
      ...asAnnotation(behaviorAnnotation, behavior),
      ...asAnnotation(conditionsAnnotation, conditions),
      ...asAnnotation(currentMetricsAnnotation, currentMetrics),
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
    const annotations = { ...metadata.annotations };
    const metrics: MetricSpec[] = takeAnnotation(annotations, metricsAnnotation) ?? [];
    const behavior: HorizontalPodAutoscaler["spec"]["behavior"] = takeAnnotation(annotations, behaviorAnnotation);
    const conditions = takeAnnotation<NonNullable<HorizontalPodAutoscaler["status"]>["conditions"]>(
      annotations,
      conditionsAnnotation,
    );
    const currentMetrics = takeAnnotation<NonNullable<HorizontalPodAutoscaler["status"]>["currentMetrics"]>(
      annotations,
      currentMetricsAnnotation,
    );
    if (percentage !== undefined) {
      const target = { type: "Utilization", averageUtilization: percentage };
      metrics.unshift({ type: "Resource", resource: { name: "cpu", target } });
    }
    const { currentCPUUtilizationPercentage: _usage, ...counts } = status ?? { desiredReplicas: 0 };
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

function asAnnotation(name: string, value: unknown): Record<string, string> {
  const empty = value === undefined || (Array.isArray(value) && value.length === 0);
  return empty ? {} : { [name]: JSON.stringify(value) };
}

/** Undefined when it is absent, or is no JSON: people may write annotations too. */
function takeAnnotation<T>(annotations: Record<string, string>, name: string): T | undefined {
  const text = annotations[name];
  delete annotations[name];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
