import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../api/resource.ts";
import { schema } from "../../../api/schema/schema.ts";
import type { ContainerStatus, Pod, PodSpec, PodStatus } from "../../../api/types/core_v1.ts";
import { humanDuration } from "./column.ts";
import { summary } from "./pods.ts";
import { tableOf } from "./table.ts";

const NOW = Date.UTC(2026, 5, 1);
const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString().replace(".000", "");

/** The cells of one object: all, or the narrow ones. */
function cells(resource: string, object: unknown, wide = false, subresource?: { kind: string }): unknown[] {
  const [group, name] = resource.includes("/") ? resource.split("/") as [string, string] : ["", resource];
  const subject = { row: { group, resource: name, kind: "Deployment" }, subresource };
  const table = tableOf(subject, [object as KubeObject], { includeObject: "None" }, {}, NOW);
  return table.rows[0]!.cells.filter((_, i) => wide || table.columnDefinitions[i]!.priority === 0);
}

function status(facts: Partial<ContainerStatus>): ContainerStatus {
  return { name: "c", ready: false, restartCount: 0, image: "", imageID: "", ...facts };
}

function pod(spec: Partial<PodSpec>, podStatus: PodStatus, metadata: Partial<Pod["metadata"]> = {}): Pod {
  return {
    metadata: { name: "p", ...metadata },
    spec: { containers: [{ name: "c" }], ...spec } as PodSpec,
    status: podStatus,
  };
}

const running = status({ ready: true, state: { running: {} } });
const initialized = { type: "Initialized", status: "True" };

describe("Pods", () => {
  const cases: [name: string, pod: Pod, ready: string, status: string, restarts: string][] = [
    ["running", pod({}, { phase: "Running", containerStatuses: [running] }), "1/1", "Running", "0"],
    ["pending", pod({}, { phase: "Pending" }), "0/1", "Pending", "0"],
    [
      "gated",
      pod({}, { phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }] }),
      "0/1",
      "SchedulingGated",
      "0",
    ],
    ["evicted", pod({}, { phase: "Failed", reason: "Evicted" }), "0/1", "Evicted", "0"],
    [
      "crashing",
      pod({}, {
        phase: "Running",
        containerStatuses: [status({
          restartCount: 3,
          state: { waiting: { reason: "CrashLoopBackOff" } },
          lastState: { terminated: { exitCode: 1, finishedAt: ago(300) } },
        })],
      }),
      "0/1",
      "CrashLoopBackOff",
      "3 (5m ago)",
    ],
    [
      "completed",
      pod({}, {
        phase: "Succeeded",
        containerStatuses: [status({ state: { terminated: { exitCode: 0, reason: "Completed" } } })],
      }),
      "0/1",
      "Completed",
      "0",
    ],
    [
      "half completed",
      pod({ containers: [{ name: "a" }, { name: "b" }] as PodSpec["containers"] }, {
        phase: "Running",
        conditions: [{ type: "Ready", status: "True" }],
        containerStatuses: [status({ state: { terminated: { exitCode: 0, reason: "Completed" } } }), running],
      }),
      "1/2",
      "Running",
      "0",
    ],
    [
      "killed",
      pod({}, {
        phase: "Failed",
        containerStatuses: [status({ state: { terminated: { exitCode: 137, signal: 9 } } })],
      }),
      "0/1",
      "Signal:9",
      "0",
    ],
    [
      "failed without a reason",
      pod({}, { phase: "Failed", containerStatuses: [status({ state: { terminated: { exitCode: 3 } } })] }),
      "0/1",
      "ExitCode:3",
      "0",
    ],
    [
      "initializing",
      pod({ initContainers: [{ name: "i" }, { name: "j" }] }, {
        phase: "Pending",
        initContainerStatuses: [
          status({ name: "i", state: { terminated: { exitCode: 0 } } }),
          status({ name: "j", state: { running: {} } }),
        ],
        containerStatuses: [status({ state: { waiting: { reason: "PodInitializing" } } })],
      }),
      "0/1",
      "Init:1/2",
      "0",
    ],
    [
      "failing to initialize",
      pod({ initContainers: [{ name: "i" }] }, {
        phase: "Pending",
        initContainerStatuses: [
          status({ name: "i", restartCount: 2, state: { waiting: { reason: "CrashLoopBackOff" } } }),
        ],
      }),
      "0/1",
      "Init:CrashLoopBackOff",
      "2",
    ],
    [
      "with a sidecar",
      pod({ initContainers: [{ name: "s", restartPolicy: "Always" }] }, {
        phase: "Running",
        conditions: [initialized],
        initContainerStatuses: [
          status({ name: "s", started: true, ready: true, restartCount: 1, state: { running: {} } }),
        ],
        containerStatuses: [running],
      }),
      "2/2",
      "Running",
      "1",
    ],
    [
      "being deleted",
      pod({}, { phase: "Running", containerStatuses: [running] }, { deletionTimestamp: ago(1) }),
      "1/1",
      "Terminating",
      "0",
    ],
    [
      "on a lost node",
      pod({}, { phase: "Running", reason: "NodeLost" }, { deletionTimestamp: ago(1) }),
      "0/1",
      "Unknown",
      "0",
    ],
  ];
  for (const [name, object, ready, state, restarts] of cases) {
    it(`${name}: ${ready} ${state}`, () => {
      const { ready: r, status: s, restarts: n } = summary(object);
      expect([r, s, n(NOW)]).toEqual([ready, state, restarts]);
    });
  }
});

describe("tables", () => {
  it("show what kubectl's users look for", () => {
    const metadata = { name: "x", creationTimestamp: ago(90) };
    const conditions = [{ type: "Ready", status: "True" }];
    const cases: [resource: string, object: unknown, expected: unknown[]][] = [
      ["configmaps", { metadata, data: { a: "" }, binaryData: { b: "" } }, ["x", 2, "90s"]],
      ["secrets", { metadata, type: "Opaque" }, ["x", "Opaque", 0, "90s"]],
      ["nodes", {
        metadata: { ...metadata, labels: { "node-role.kubernetes.io/control-plane": "true" } },
        spec: { unschedulable: true },
        status: { conditions, nodeInfo: { kubeletVersion: "v1" } },
      }, ["x", "Ready,SchedulingDisabled", "control-plane", "90s", "v1"]],
      ["services", {
        metadata,
        spec: {
          type: "NodePort",
          clusterIP: "10.43.0.9",
          ports: [{ port: 80, nodePort: 30080, protocol: "TCP" }, { port: 53, protocol: "UDP" }],
        },
      }, ["x", "NodePort", "10.43.0.9", "<none>", "80:30080/TCP,53/UDP", "90s"]],
      [
        "services",
        {
          metadata,
          spec: { type: "LoadBalancer", externalIPs: ["9.9.9.9"] },
          status: { loadBalancer: { ingress: [{ hostname: "b" }, { ip: "1.1.1.1" }, { hostname: "b" }] } },
        },
        ["x", "LoadBalancer", "<none>", "1.1.1.1,b,9.9.9.9", "<none>", "90s"],
      ],
      ["services", { metadata, spec: { type: "LoadBalancer", ports: [] } }, [
        "x",
        "LoadBalancer",
        "<none>",
        "<pending>",
        "<none>",
        "90s",
      ]],
      ["endpoints", {
        metadata,
        subsets: [{ addresses: ["1", "2", "3", "4"].map((n) => ({ ip: `10.0.0.${n}` })), ports: [{ port: 80 }] }],
      }, ["x", "10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 1 more...", "90s"]],
      ["apps/deployments", {
        metadata,
        spec: { replicas: 3, template: {} },
        status: { readyReplicas: 2, updatedReplicas: 1 },
      }, ["x", "2/3", 1, 0, "90s"]],
      ["batch/jobs", {
        metadata,
        spec: { completions: 3, template: {} },
        status: {
          succeeded: 3,
          startTime: ago(100),
          completionTime: ago(40),
          conditions: [{ type: "Complete", status: "True" }],
        },
      }, ["x", "Complete", "3/3", "60s", "90s"]],
      ["autoscaling/horizontalpodautoscalers", {
        metadata,
        spec: {
          scaleTargetRef: { kind: "Deployment", name: "web" },
          minReplicas: 1,
          maxReplicas: 3,
          metrics: [{ type: "Resource", resource: { name: "cpu", target: { averageUtilization: 80 } } }],
        },
        status: {
          currentReplicas: 2,
          currentMetrics: [{ resource: { name: "cpu", current: { averageUtilization: 41 } } }],
        },
      }, ["x", "Deployment/web", "cpu: 41%/80%", 1, 3, 2, "90s"]],
      ["networking.k8s.io/networkpolicies", {
        metadata,
        spec: {
          podSelector: {
            matchLabels: { b: "1" },
            matchExpressions: [{ key: "a", operator: "NotIn", values: ["z", "y"] }],
          },
        },
      }, ["x", "a notin (y,z),b=1", "90s"]],
      ["events", {
        metadata,
        type: "Normal",
        reason: "Started",
        message: "started \n",
        involvedObject: { kind: "Pod", name: "p" },
        lastTimestamp: ago(5),
      }, ["5s", "Normal", "Started", "pod/p", "started"]],
      ["flowcontrol.apiserver.k8s.io/unheard", { metadata }, ["x", "90s"]],
    ];
    for (const [resource, object, expected] of cases) expect(cells(resource, object)).toEqual(expected);
  });

  it("show what policies, claims and slices are about", () => {
    const metadata = { name: "a", creationTimestamp: ago(5) };
    const policies = "admissionregistration.k8s.io/validatingadmissionpolicies";
    const paramKind = { apiVersion: "v1", kind: "ConfigMap" };
    expect(cells(policies, { metadata, spec: { validations: [{}], paramKind } })).toEqual([
      "a",
      1,
      "v1/ConfigMap",
      "5s",
    ]);
    const bindings = "admissionregistration.k8s.io/validatingadmissionpolicybindings";
    expect(cells(bindings, { metadata, spec: { policyName: "p", paramRef: { name: "m" } } }))
      .toEqual(["a", "p", "*/m", "5s"]);
    const claims = "resource.k8s.io/resourceclaims";
    expect(cells(claims, { metadata, spec: {} })).toEqual(["a", "pending", "5s"]);
    expect(cells(claims, { metadata, status: { allocation: {}, reservedFor: [{}] } }))
      .toEqual(["a", "allocated,reserved", "5s"]);
    const spec = { nodeName: "n", driver: "d", pool: { name: "p" } };
    expect(cells("resource.k8s.io/resourceslices", { metadata, spec })).toEqual(["a", "n", "d", "p", "5s"]);
    expect(cells("storage.k8s.io/csistoragecapacities", { metadata })).toEqual(["a", ago(5)]);
  });

  it("have rows even for objects that have next to nothing in them", () => {
    const spec = {
      containers: [],
      template: { spec: { containers: [] } },
      jobTemplate: { spec: { template: {} } },
      scaleTargetRef: {},
      priorityLevelConfiguration: {},
      podSelector: {},
      source: {},
      drivers: [],
      parentRef: {},
    };
    const rest = { involvedObject: {}, roleRef: {}, regarding: {} };
    for (const { group, resource } of schema.resources()) {
      const object = { metadata: { name: "x" }, spec, ...rest };
      expect(cells(`${group}/${resource}`, object, true).length).toBeGreaterThan(0);
    }
  });

  it("shows a status as its object, and a Scale as what it is", () => {
    const deployment = { metadata: { name: "d" }, spec: { replicas: 3 }, status: { replicas: 2, readyReplicas: 1 } };
    expect(cells("apps/deployments", deployment, false, { kind: "Deployment" })).toEqual(
      cells("apps/deployments", deployment),
    );
    expect(cells("apps/deployments", deployment, false, { kind: "Scale" })).toEqual(["d", 3, 2, "<unknown>"]);
  });
});

describe("humanDuration", () => {
  const hour = 3600;
  const day = 24 * hour;
  const cases: [seconds: number, text: string][] = [
    [-5, "<invalid>"],
    [0, "0s"],
    [119, "119s"],
    [120, "2m"],
    [200, "3m20s"],
    [600, "10m"],
    [3 * hour - 1, "179m"],
    [3 * hour, "3h"],
    [5 * hour + 120, "5h2m"],
    [8 * hour + 120, "8h"],
    [47 * hour, "47h"],
    [2 * day + 3 * hour, "2d3h"],
    [9 * day + 3 * hour, "9d"],
    [800 * day, "2y70d"],
    [9 * 365 * day, "9y"],
  ];
  for (const [seconds, text] of cases) {
    it(`${seconds} s are ${text}`, () => expect(humanDuration(seconds * 1000)).toBe(text));
  }
});
