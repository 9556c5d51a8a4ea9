import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../api/resource.ts";
import type { Pod, PodSpec, ScopedResourceSelectorRequirement } from "../../api/types/core_v1.ts";
import { formatAmounts } from "./amounts.ts";
import { evaluatorOf } from "./evaluators.ts";

const now = Date.UTC(2026, 0, 1);

function usage(group: string, resource: string, object: unknown): Record<string, string> {
  return formatAmounts(evaluatorOf(group, resource)!.usage(object as KubeObject, now));
}

function podOf(spec: Partial<PodSpec>, rest: Partial<Pod> = {}): Pod {
  return { metadata: { name: "a" }, spec: { containers: [{ name: "c" }], ...spec }, ...rest };
}

const resources = {
  requests: { cpu: "100m", memory: "1Gi", "example.com/gpu": "2", "hugepages-2Mi": "4Mi" },
  limits: { cpu: "1", "example.com/gpu": "2" },
};

describe("what objects use", () => {
  const cases: readonly [string, string, string, unknown, Record<string, string>][] = [
    ["a Pod", "", "pods", podOf({ containers: [{ name: "c", resources }] }), {
      "count/pods": "1",
      cpu: "100m",
      "hugepages-2Mi": "4Mi",
      "limits.cpu": "1",
      memory: "1Gi",
      pods: "1",
      "requests.cpu": "100m",
      "requests.example.com/gpu": "2",
      "requests.hugepages-2Mi": "4Mi",
      "requests.memory": "1Gi",
    }],
    ["a Pod that has ended", "", "pods", podOf({}, { status: { phase: "Succeeded" } }), { "count/pods": "1" }],
    [
      "a Pod that should be gone",
      "",
      "pods",
      podOf({}, { metadata: { deletionTimestamp: "2025-12-31T23:59:00Z", deletionGracePeriodSeconds: 30 } }),
      { "count/pods": "1" },
    ],
    [
      "a Pod on its way out",
      "",
      "pods",
      podOf({}, { metadata: { deletionTimestamp: "2025-12-31T23:59:50Z", deletionGracePeriodSeconds: 30 } }),
      { "count/pods": "1", pods: "1" },
    ],
    ["a Service", "", "services", { spec: { ports: [{}, {}] } }, {
      "count/services": "1",
      services: "1",
      "services.loadbalancers": "0",
      "services.nodeports": "0",
    }],
    ["a NodePort Service", "", "services", { spec: { type: "NodePort", ports: [{}, {}] } }, {
      "count/services": "1",
      services: "1",
      "services.loadbalancers": "0",
      "services.nodeports": "2",
    }],
    [
      "a load balancer without node ports",
      "",
      "services",
      { spec: { type: "LoadBalancer", allocateLoadBalancerNodePorts: false, ports: [{}, { nodePort: 30000 }] } },
      { "count/services": "1", services: "1", "services.loadbalancers": "1", "services.nodeports": "1" },
    ],
    [
      "a claim",
      "",
      "persistentvolumeclaims",
      { metadata: {}, spec: { storageClassName: "gold", resources: { requests: { storage: "1Gi" } } } },
      {
        "count/persistentvolumeclaims": "1",
        "gold.storageclass.storage.k8s.io/persistentvolumeclaims": "1",
        "gold.storageclass.storage.k8s.io/requests.storage": "1Gi",
        persistentvolumeclaims: "1",
        "requests.storage": "1Gi",
      },
    ],
    [
      "a claim that got more than it asks for now, in whole bytes",
      "",
      "persistentvolumeclaims",
      {
        metadata: {},
        spec: { resources: { requests: { storage: "1" } } },
        status: { allocatedResources: { storage: "1500m" } },
      },
      { "count/persistentvolumeclaims": "1", persistentvolumeclaims: "1", "requests.storage": "2" },
    ],
    ["a ConfigMap", "", "configmaps", {}, { configmaps: "1", "count/configmaps": "1" }],
    ["a Deployment", "apps", "deployments", {}, { "count/deployments.apps": "1" }],
    [
      "a claim of devices",
      "resource.k8s.io",
      "resourceclaims",
      {
        spec: {
          devices: {
            requests: [
              { exactly: { deviceClassName: "gpu", count: 2 } },
              { firstAvailable: [{ deviceClassName: "gpu" }, { deviceClassName: "nic", allocationMode: "All" }] },
            ],
          },
        },
      },
      {
        "count/resourceclaims.resource.k8s.io": "1",
        "gpu.deviceclass.resource.k8s.io/devices": "3",
        "nic.deviceclass.resource.k8s.io/devices": "32",
      },
    ],
  ];
  for (const [what, group, resource, object, expected] of cases) {
    it(what, () => expect(usage(group, resource, object)).toEqual(expected));
  }

  it("leaves Events out", () => {
    expect([evaluatorOf("", "events"), evaluatorOf("events.k8s.io", "events")]).toEqual([undefined, undefined]);
  });
});

describe("the scopes of Pods", () => {
  const affinity = (term: Record<string, unknown>) => ({
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "kubernetes.io/hostname", ...term }],
    },
  });
  const cases: readonly [string, Partial<PodSpec>, boolean, Partial<ScopedResourceSelectorRequirement>?][] = [
    ["Terminating", { activeDeadlineSeconds: 0 }, true],
    ["Terminating", {}, false],
    ["NotTerminating", {}, true],
    ["BestEffort", {}, true],
    ["BestEffort", { containers: [{ name: "c", resources }] }, false],
    ["NotBestEffort", { containers: [{ name: "c", resources }] }, true],
    ["PriorityClass", { priorityClassName: "high" }, true],
    ["PriorityClass", {}, false],
    ["PriorityClass", { priorityClassName: "high" }, true, { operator: "In", values: ["low", "high"] }],
    ["PriorityClass", {}, true, { operator: "NotIn", values: ["high"] }],
    ["PriorityClass", {}, true, { operator: "DoesNotExist" }],
    ["CrossNamespacePodAffinity", { affinity: affinity({ namespaces: ["other"] }) }, true],
    ["CrossNamespacePodAffinity", { affinity: affinity({ namespaceSelector: {} }) }, true],
    ["CrossNamespacePodAffinity", { affinity: affinity({}) }, false],
    ["SomethingElse", {}, false],
  ];
  for (const [scopeName, spec, expected, rest] of cases) {
    it(`${scopeName} ${JSON.stringify(rest ?? {})}: ${JSON.stringify(spec)}`, () => {
      const scope = { scopeName, operator: "Exists", ...rest };
      expect(evaluatorOf("", "pods")!.inScope(scope, podOf(spec))).toBe(expected);
    });
  }
});
