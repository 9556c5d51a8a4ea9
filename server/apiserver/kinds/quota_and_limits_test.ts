import { describe, expect, it } from "vitest";
import type { LimitRangeItem, ResourceQuotaSpec } from "../../../api/types/core_v1.ts";
import { limitRangeStrategy } from "./limit_range.ts";
import { resourceQuotaStrategy } from "./resource_quota.ts";

function quotaErrors(spec: ResourceQuotaSpec): string[] {
  return resourceQuotaStrategy.validate!({ metadata: { name: "q" }, spec }).map(String);
}

function rangeErrors(...limits: LimitRangeItem[]): string[] {
  return limitRangeStrategy.validate!({ metadata: { name: "r" }, spec: { limits } }).map(String);
}

describe("validation of ResourceQuotas", () => {
  const scoped = (scopeName: string, operator: string, values?: string[], hard = {}) => ({
    hard,
    scopeSelector: { matchExpressions: [{ scopeName, operator, ...(values ? { values } : {}) }] },
  });
  const cases: readonly [string, ResourceQuotaSpec, string[]][] = [
    [
      "names of all sorts",
      {
        hard: {
          pods: "1",
          "requests.cpu": "500m",
          "count/x.y": "1",
          "requests.example.com/gpu": "1",
          "hugepages-2Mi": "0",
        },
      },
      [],
    ],
    ["unknown name", { hard: { nope: "1" } }, [
      'spec.hard[nope]: Invalid value: "nope": must be a standard resource type or fully qualified',
      'spec.hard[nope]: Invalid value: "nope": must be a standard resource for quota',
    ]],
    ["negative", { hard: { pods: "-1" } }, [
      'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0',
    ]],
    ["half a Pod", { hard: { pods: "500m" } }, ['spec.hard[pods]: Invalid value: "500m": must be an integer']],
    ["half a device", { hard: { "example.com/gpu": "500m" } }, [
      'spec.hard[example.com/gpu]: Invalid value: "500m": must be an integer',
    ]],
    ["scopes", { hard: { pods: "1", cpu: "1" }, scopes: ["NotTerminating", "NotBestEffort"] }, []],
    ["unknown scope", { scopes: ["Nope"] }, ['spec.scopes: Invalid value: ["Nope"]: unsupported scope']],
    [
      "what best effort has none of",
      { hard: { cpu: "1" }, scopes: ["BestEffort"] },
      ['spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'],
    ],
    [
      "contradiction",
      { scopes: ["Terminating", "NotTerminating"] },
      ['spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes'],
    ],
    ["selector", scoped("PriorityClass", "In", ["high"], { pods: "1", "count/x.y": "1" }), []],
    [
      "selector without values",
      scoped("PriorityClass", "In"),
      ["spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"],
    ],
    [
      "selector with values too many",
      scoped("PriorityClass", "Exists", ["x"]),
      ["spec.scopeSelector.matchExpressions.values: Invalid value: [\"x\"]: must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"],
    ],
    [
      "selector of another operator",
      scoped("PriorityClass", "Like"),
      ['spec.scopeSelector.matchExpressions.operator: Invalid value: "Like": not a valid selector operator'],
    ],
    [
      "claims by attributes, which nothing else has",
      scoped("VolumeAttributesClass", "Exists", undefined, { "requests.cpu": "1" }),
      ['spec.scopeSelector.matchExpressions: Invalid value: {"MatchExpressions":[{"ScopeName":"VolumeAttributesClass","Operator":"Exists","Values":null}]}: unsupported scope applied to resource'],
    ],
    ["claims by attributes", scoped("VolumeAttributesClass", "Exists", undefined, { "requests.storage": "1Gi" }), []],
  ];
  for (const [what, spec, expected] of cases) it(what, () => expect(quotaErrors(spec)).toEqual(expected));

  it("keeps scopes as they are", () => {
    const quota = (scopes: string[]) => ({ metadata: {}, spec: { scopes } });
    const update = (now: string[], before: string[]) =>
      resourceQuotaStrategy.validateUpdate!(quota(now), quota(before));
    expect(update(["A", "B"], ["B", "A"])).toEqual([]);
    expect(update(["A"], ["B"]).map(String)).toEqual(['spec.scopes: Invalid value: ["A"]: field is immutable']);
  });
});

describe("validation of LimitRanges", () => {
  const cases: readonly [string, LimitRangeItem, string[]][] = [
    [
      "all in order",
      {
        type: "Container",
        min: { cpu: "1" },
        defaultRequest: { cpu: "2" },
        default: { cpu: "3" },
        max: { cpu: "4" },
        maxLimitRequestRatio: { cpu: "4" },
      },
      [],
    ],
    ["type", { type: "Node" }, [
      'spec.limits[0].type: Invalid value: "Node": must be a standard limit type or fully qualified',
    ]],
    ["defaults of a Pod", { type: "Pod", default: { cpu: "1" } }, [
      "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
    ]],
    [
      "resource",
      { type: "Container", max: { storage: "1" } },
      ['spec.limits[0].max[storage]: Invalid value: "storage": must be a standard resource for containers'],
    ],
    [
      "claims without storage",
      { type: "PersistentVolumeClaim", max: { cpu: "1" } },
      ["spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided"],
    ],
    [
      "everything out of order",
      {
        type: "Container",
        min: { cpu: "2" },
        defaultRequest: { cpu: "1500m" },
        default: { cpu: "1" },
        max: { cpu: "500m" },
      },
      [
        'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 500m',
        'spec.limits[0].defaultRequest[cpu]: Invalid value: "1500m": min value 2 is greater than default request value 1500m',
        'spec.limits[0].defaultRequest[cpu]: Invalid value: "1500m": default request value 1500m is greater than max value 500m',
        'spec.limits[0].defaultRequest[cpu]: Invalid value: "1500m": default request value 1500m is greater than default limit value 1',
        'spec.limits[0].default[cpu]: Invalid value: "2": min value 2 is greater than default value 1',
        'spec.limits[0].default[cpu]: Invalid value: "500m": default value 1 is greater than max value 500m',
      ],
    ],
    [
      "ratios",
      { type: "Container", min: { cpu: "1" }, max: { cpu: "2" }, maxLimitRequestRatio: { cpu: "3", memory: "500m" } },
      [
        'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000',
        'spec.limits[0].maxLimitRequestRatio[memory]: Invalid value: "500m": ratio 500m is less than 1',
      ],
    ],
    [
      "devices overcommitted",
      { type: "Container", default: { "example.com/gpu": "2" }, defaultRequest: { "example.com/gpu": "1" } },
      ['spec.limits[0].defaultRequest[example.com/gpu]: Invalid value: "1": default value 2 must equal to defaultRequest value 1 in example.com/gpu'],
    ],
  ];
  for (const [what, item, expected] of cases) it(what, () => expect(rangeErrors(item)).toEqual(expected));

  it("has one item of each type", () => {
    expect(rangeErrors({ type: "Pod" }, { type: "Pod" })).toEqual(['spec.limits[1].type: Duplicate value: "Pod"']);
  });
});
