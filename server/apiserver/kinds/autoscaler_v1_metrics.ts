/** Metrics as `autoscaling/v1` has them, in annotations alone, and as they are stored, which is v2's way. */
import { checkValue } from "../../../api/codec/check.ts";
import { goValue } from "../../../api/schema/go_value.ts";
import { schema } from "../../../api/schema/schema.ts";
import type * as v1 from "../../../api/types/autoscaling_v1.ts";
import type * as v2 from "../../../api/types/autoscaling_v2.ts";

type Source = Exclude<keyof v1.MetricSpec, "type">;
type Json = Record<string, unknown>;
type Conversions<From, Old extends boolean> = {
  readonly [S in Source & keyof From]: (source: NonNullable<From[S]>) => Old extends true ? object : Json;
};

const oldSources: Conversions<v2.MetricSpec, true> = {
  object: ({ describedObject, metric: { name, selector } = { name: "" }, target }) => ({
    ...{ target: describedObject, metricName: name, targetValue: target?.value ?? "0", selector },
    averageValue: target?.averageValue,
  }),
  pods: ({ metric: { name, selector }, target }) => ({
    ...{ metricName: name, targetAverageValue: target?.averageValue ?? "0", selector },
  }),
  resource: ({ name, target }) => ({ name, ...oldUsage(target) }),
  containerResource: ({ name, container, target }) => ({ name, ...oldUsage(target), container }),
  external: ({ metric: { name, selector }, target }) => ({
    ...{ metricName: name, metricSelector: selector, targetValue: target?.value },
    targetAverageValue: target?.averageValue,
  }),
};

const newSources: Conversions<v1.MetricSpec, false> = {
  object: ({ target, metricName, targetValue = "0", selector, averageValue }) => ({
    describedObject: target,
    target: averageValue === undefined
      ? { type: "Value", value: targetValue }
      : { type: "AverageValue", averageValue, ...targetValue !== "0" && { value: targetValue } },
    metric: { name: metricName, selector },
  }),
  pods: ({ metricName, targetAverageValue = "0", selector }) => ({
    metric: { name: metricName, selector },
    target: { type: "AverageValue", averageValue: targetAverageValue },
  }),
  resource: ({ name, ...target }) => ({ name, target: newUsage(target) }),
  containerResource: ({ name, container, ...target }) => ({ name, container, target: newUsage(target) }),
  external: ({ metricName, metricSelector, targetValue, targetAverageValue }) => ({
    metric: { name: metricName, selector: metricSelector },
    target: {
      type: targetValue === undefined ? "AverageValue" : "Value",
      value: targetValue,
      averageValue: targetAverageValue,
    },
  }),
};

const oldStatuses: Conversions<v2.MetricStatus, true> = {
  object: ({ describedObject, metric: { name, selector }, current }) => ({
    ...{ target: describedObject, metricName: name, currentValue: current.value ?? "0", selector },
    averageValue: current.averageValue,
  }),
  pods: ({ metric: { name, selector }, current }) => ({
    ...{ metricName: name, currentAverageValue: current.averageValue ?? "0", selector },
  }),
  resource: ({ name, current }) => ({ name, ...oldCurrent(current) }),
  containerResource: ({ name, container, current }) => ({ name, ...oldCurrent(current), container }),
  external: ({ metric: { name, selector }, current }) => ({
    ...{ metricName: name, metricSelector: selector, currentValue: current.value ?? "0" },
    currentAverageValue: current.averageValue,
  }),
};

const newStatuses: Conversions<v1.MetricStatus, false> = {
  object: ({ target, metricName, currentValue = "0", selector, averageValue }) => ({
    metric: { name: metricName, selector },
    current: { value: currentValue, averageValue },
    describedObject: target,
  }),
  pods: ({ metricName, currentAverageValue = "0", selector }) => ({
    metric: { name: metricName, selector },
    current: { averageValue: currentAverageValue },
  }),
  resource: ({ name, ...current }) => ({ name, current: newCurrent(current) }),
  containerResource: ({ name, container, ...current }) => ({ name, container, current: newCurrent(current) }),
  external: ({ metricName, metricSelector, currentValue = "0", currentAverageValue }) => ({
    metric: { name: metricName, selector: metricSelector },
    current: { value: currentValue, averageValue: currentAverageValue },
  }),
};

export function metricsText(metrics: readonly v2.MetricSpec[]): string {
  return JSON.stringify(metrics.map((metric) => converted(oldSources, metric)));
}

export function currentMetricsText(metrics: readonly v2.MetricStatus[]): string {
  return JSON.stringify(metrics.map((metric) => converted(oldStatuses, metric)));
}

export function conditionsText(conditions: readonly v2.HorizontalPodAutoscalerCondition[]): string {
  return JSON.stringify(conditions.map(({ type, status, lastTransitionTime = null, reason, message }) => {
    return { type, status, lastTransitionTime, reason, message };
  }));
}

/** As upstream's internal structs: it is what v1 has always had. */
export function behaviorText(behavior: v2.HorizontalPodAutoscalerBehavior): string {
  return JSON.stringify(goValue(`${v2Name}HorizontalPodAutoscalerBehavior`, behavior));
}

const v1Name = "io.k8s.api.autoscaling.v1.";
const v2Name = "io.k8s.api.autoscaling.v2.";

export function metricsOf(text: string | undefined): v2.MetricSpec[] | undefined {
  const found = listOf<v1.MetricSpec>(text, "MetricSpec");
  return found && plain<v2.MetricSpec[]>(found.map((metric) => converted(newSources, metric)));
}

export function currentMetricsOf(text: string | undefined): v2.MetricStatus[] | undefined {
  const found = listOf<v1.MetricStatus>(text, "MetricStatus");
  return found && plain<v2.MetricStatus[]>(found.map((metric) => converted(newStatuses, metric)));
}

export function conditionsOf(text: string | undefined): v2.HorizontalPodAutoscalerCondition[] | undefined {
  return listOf<v1.HorizontalPodAutoscalerCondition>(text, "HorizontalPodAutoscalerCondition");
}

export function behaviorOf(text: string | undefined): v2.HorizontalPodAutoscalerBehavior | undefined {
  const found = parsed(text, (_, value) => isObject(value) ? withJsonNames(value) : value);
  const behavior = checked<v2.HorizontalPodAutoscalerBehavior>(`${v2Name}HorizontalPodAutoscalerBehavior`, found);
  return behavior && Object.keys(behavior).length > 0 ? behavior : undefined;
}

function converted<T extends { readonly type: string }>(
  table: Readonly<Record<string, (source: never) => object>>,
  metric: T,
): object {
  const found: Json = { type: metric.type };
  for (const [name, convert] of Object.entries(table)) {
    const source = (metric as Json)[name];
    if (source !== undefined) found[name] = convert(source as never);
  }
  return found;
}

function oldUsage({ averageUtilization, averageValue }: Partial<v2.MetricTarget> = {}): object {
  return { targetAverageUtilization: averageUtilization, targetAverageValue: averageValue };
}

function newUsage({ targetAverageUtilization, targetAverageValue }: Omit<v1.ResourceMetricSource, "name">): object {
  return {
    type: targetAverageUtilization === undefined ? "AverageValue" : "Utilization",
    averageValue: targetAverageValue,
    averageUtilization: targetAverageUtilization,
  };
}

function oldCurrent({ averageUtilization, averageValue = "0" }: v2.MetricValueStatus): object {
  return { currentAverageUtilization: averageUtilization, currentAverageValue: averageValue };
}

function newCurrent(
  { currentAverageUtilization, currentAverageValue = "0" }: Omit<v1.ResourceMetricStatus, "name">,
): object {
  return { averageValue: currentAverageValue, averageUtilization: currentAverageUtilization };
}

/** Undefined for what is no such list: people may write annotations, too. */
function listOf<T>(text: string | undefined, message: string): T[] | undefined {
  const list = parsed(text);
  if (!Array.isArray(list)) return undefined;
  const items = list.map((item) => checked<T>(`${v1Name}${message}`, item));
  return items.includes(undefined) ? undefined : items as T[];
}

function checked<T>(message: string, value: unknown): T | undefined {
  if (!isObject(value)) return undefined;
  const { value: found, wrong } = checkValue(value, schema.message(message), schema);
  return wrong.length > 0 ? undefined : found as T;
}

function parsed(text: string | undefined, reviver?: (key: string, value: unknown) => unknown): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text, reviver);
  } catch {
    return undefined;
  }
}

function withJsonNames(value: Json): Json {
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.charAt(0).toLowerCase() + key.slice(1), item]),
  );
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Without the fields that are not set. */
function plain<T>(value: unknown): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
