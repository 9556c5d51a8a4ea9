import { describe, expect, it } from "vitest";
import { FieldError } from "../../../api/meta/field.ts";
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec } from "../../../api/types/autoscaling_v2.ts";
import { autoscalerStrategy } from "./autoscaler.ts";

const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
const cpu = { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } };
const metric = { name: "requests" };

function autoscaler(spec: object): HorizontalPodAutoscaler {
  const made = { scaleTargetRef, maxReplicas: 3, ...spec } as HorizontalPodAutoscalerSpec;
  return { metadata: { name: "web" }, spec: made };
}

function said(errors: readonly FieldError[] = []): string[] {
  return errors.map((error) => `${error.field}: ${error.body()}`);
}

const source = (type: string, fields: object) => ({ metrics: [{ type, ...fields }] });
const target = (target: object) => source("Resource", { resource: { name: "cpu", target } });
const rules = (fields: object) => ({ behavior: { scaleDown: { policies: [policy], ...fields } } });
const policy = { type: "Pods", value: 1, periodSeconds: 15 };
const at = 'metrics[0].containerResource.name: Invalid value: "a": must be a standard resource';
const standard = [`${at} type or fully qualified`, `${at} for containers`];

const refused: readonly (readonly [object, ...string[]])[] = [
  [{ maxReplicas: 1, minReplicas: 2 }, "maxReplicas: Invalid value: 1: must be greater than or equal to `minReplicas`"],
  [{ scaleTargetRef: { kind: "a/b" } }, 'kind: Invalid value: "a/b": may not contain', "scaleTargetRef.name: Required"],
  [source("Resource", {}), "metrics[0].resource: Required value: must populate"],
  [source("Pods", { resource: cpu }), "metrics[0].pods: Required value: must populate"],
  [source("Pods", { resource: cpu, pods: { metric, target: { type: "Value", averageValue: "1" } } }), "resource: Forb"],
  [
    source("", { resource: cpu }),
    "type: Required value: must specify",
    'type: Unsupported value: ""',
    'type: Unsupported value: ""',
  ],
  [target({ type: "Utilization" }), "target.averageUtilization: Required value: must set either"],
  [target({ type: "Utilization", averageUtilization: 0 }), "averageUtilization: Invalid value: 0: must be greater"],
  [target({ type: "Value", averageUtilization: 1, averageValue: "1" }), "target.averageValue: Forbidden: may not set"],
  [target({ type: "Odd", averageValue: "0" }), "target.type: Invalid value", 'averageValue: Invalid value: "0"'],
  [
    source("External", { external: { metric: {}, target: { type: "Value" } } }),
    "metric.name: Req",
    "averageValue: Req",
  ],
  [
    source("Object", { object: { metric, target: { type: "Value", value: "1" } } }),
    "object.describedObject.kind: Req",
    "object.describedObject.name: Req",
  ],
  [source("ContainerResource", { containerResource: { ...cpu, container: "A" } }), "container: Invalid value"],
  [source("ContainerResource", { containerResource: { ...cpu, name: "a", container: "b" } }), ...standard],
  [rules({ policies: [] }), "scaleDown.policies: Required value: must specify at least one Policy"],
  [rules({ policies: [{ ...policy, periodSeconds: 1801 }] }), "periodSeconds: Invalid value: 1801: must be less than"],
  [rules({ policies: [{ ...policy, value: 0 }] }), "policies[0].value: Invalid value: 0: must be greater than zero"],
  [rules({ stabilizationWindowSeconds: 3601 }), "stabilizationWindowSeconds: Invalid value: 3601"],
  [rules({ selectPolicy: "Most" }), 'selectPolicy: Unsupported value: "Most"'],
  [rules({ tolerance: "-1" }), 'tolerance: Invalid value: "-1"'],
];

describe("a HorizontalPodAutoscaler", () => {
  it("may have any metric, and rules for both directions", () => {
    const good = autoscaler({
      ...rules({ tolerance: "0.2", selectPolicy: "Min", stabilizationWindowSeconds: 300 }),
      metrics: [
        { type: "Resource", resource: cpu },
        { type: "ContainerResource", containerResource: { ...cpu, container: "main" } },
        { type: "Pods", pods: { metric, target: { type: "AverageValue", averageValue: "1k" } } },
        { type: "External", external: { metric, target: { type: "Value", value: "30" } } },
        {
          type: "Object",
          object: {
            metric,
            target: { type: "Value", value: "1" },
            describedObject: { apiVersion: "v1", kind: "Service", name: "web" },
          },
        },
      ],
    });
    expect(said(autoscalerStrategy.validate!(good))).toEqual([]);
    expect(said(autoscalerStrategy.validateCreate!(good))).toEqual([]);
  });

  it("cannot scale to nothing: that feature is off, and cpu and memory would tell nothing then", () => {
    const found = said(autoscalerStrategy.validate!(autoscaler({ minReplicas: 0 })));
    expect(found).toEqual([
      "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
      "spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas",
    ]);
  });

  it.each(refused)("is refused with %s", ([spec, ...parts]) => {
    const found = said(autoscalerStrategy.validate!(autoscaler(spec)));
    expect(found).toHaveLength(parts.length);
    for (const [index, part] of parts.entries()) expect(found[index]).toContain(part);
  });

  it("names the group of its target, but for a ReplicationController and for what was stored without", () => {
    const of = (kind: string, apiVersion?: string) =>
      autoscaler({ scaleTargetRef: { kind, name: "web", ...(apiVersion === undefined ? {} : { apiVersion }) } });
    const created = (kind: string, apiVersion?: string) =>
      said(autoscalerStrategy.validateCreate!(of(kind, apiVersion)));
    const missing = (value: string) =>
      `spec.scaleTargetRef.apiVersion: Invalid value: "${value}": apiVersion must specify API group`;
    expect(created("Deployment")).toEqual([missing("")]);
    expect(created("Deployment", "v1")).toEqual([missing("v1")]);
    expect(created("ReplicationController", "v1")).toEqual([]);
    expect(created("Deployment", "a/b/c")[0]).toContain("unexpected GroupVersion string: a/b/c");
    const stored = of("Deployment");
    expect(said(autoscalerStrategy.validateUpdate!(of("Deployment"), stored))).toEqual([]);
    expect(said(autoscalerStrategy.validateUpdate!(of("StatefulSet"), stored))).toEqual([missing("")]);
  });
});
