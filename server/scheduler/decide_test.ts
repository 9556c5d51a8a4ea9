import { describe, expect, it } from "vitest";
import { ClusterState } from "./cluster_state.ts";
import { decide } from "./decide.ts";
import { podFacts } from "./node_info.ts";
import { plugins } from "./plugins/all.ts";
import { testNode, testPod } from "./testing/objects.ts";
import type { Node, Pod } from "../../api/types/core_v1.ts";

function outcome(pod: Pod, nodes: readonly Node[], running: readonly Pod[] = []): string {
  const state = new ClusterState();
  for (const node of nodes) state.setNode(node);
  for (const other of running) state.setPod(other);
  const decision = decide(podFacts(pod), state.nodes(), plugins, () => 0);
  return decision.outcome === "node" ? decision.node : decision.message;
}

const affinity = (key: string, operator: string, values?: string[]) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key, operator, ...(values && { values }) }] }],
      },
    },
  },
});

describe("decide", () => {
  const taint = { key: "dedicated", value: "gpu", effect: "NoSchedule" };
  const hostPort = (ip?: string) => ({
    containers: [{ name: "c", image: "i", ports: [{ containerPort: 80, hostPort: 8080, ...(ip && { hostIP: ip }) }] }],
  });

  const cases: readonly [string, Pod, readonly Node[], readonly Pod[], string][] = [
    ["no nodes", testPod("p"), [], [], "no nodes available to schedule pods"],
    ["a node that is free", testPod("p"), [testNode("a")], [], "a"],
    [
      "the reasons, counted and sorted",
      testPod("p", {}, { cpu: "5" }),
      [testNode("a"), testNode("b"), testNode("c", { spec: { unschedulable: true } })],
      [],
      "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.",
    ],
    [
      "all that is short on one node",
      testPod("p", {}, { cpu: "5", memory: "9Gi", "example.com/gpu": "1" }),
      [testNode("a")],
      [],
      "0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient example.com/gpu, 1 Insufficient memory.",
    ],
    [
      "room taken by other Pods",
      testPod("p", {}, { cpu: "1500m" }),
      [testNode("a"), testNode("b")],
      [testPod("x", { nodeName: "a" }, { cpu: "3" })],
      "b",
    ],
    [
      "no room for another Pod",
      testPod("p"),
      [testNode("a", { allocatable: { pods: "1" } })],
      [testPod("x", { nodeName: "a" })],
      "0/1 nodes are available: 1 Too many pods.",
    ],
    [
      "finished Pods take no room",
      testPod("p"),
      [testNode("a", { allocatable: { pods: "1" } })],
      [{ ...testPod("x", { nodeName: "a" }), status: { phase: "Succeeded" } }],
      "a",
    ],
    [
      "nodeSelector",
      testPod("p", { nodeSelector: { disk: "ssd" } }),
      [testNode("a"), testNode("b", { labels: { disk: "ssd" } })],
      [],
      "b",
    ],
    [
      "nodeSelector without a match",
      testPod("p", { nodeSelector: { disk: "ssd" } }),
      [testNode("a")],
      [],
      "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
    ],
    [
      "affinity In",
      testPod("p", affinity("zone", "In", ["x", "y"])),
      [testNode("a"), testNode("b", { labels: { zone: "y" } })],
      [],
      "b",
    ],
    [
      "affinity DoesNotExist",
      testPod("p", affinity("zone", "DoesNotExist")),
      [testNode("a", { labels: { zone: "y" } }), testNode("b")],
      [],
      "b",
    ],
    [
      "affinity Gt",
      testPod("p", affinity("gen", "Gt", ["3"])),
      [testNode("a", { labels: { gen: "3" } }), testNode("b", { labels: { gen: "10" } })],
      [],
      "b",
    ],
    [
      "a taint that is not tolerated",
      testPod("p"),
      [testNode("a", { spec: { taints: [taint] } })],
      [],
      "0/1 nodes are available: 1 node(s) had untolerated taint {dedicated: gpu}.",
    ],
    [
      "a taint that is tolerated",
      testPod("p", { tolerations: [{ key: "dedicated", operator: "Equal", value: "gpu" }] }),
      [testNode("a", { spec: { taints: [taint] } })],
      [],
      "a",
    ],
    [
      "a toleration of all",
      testPod("p", { tolerations: [{ operator: "Exists" }] }),
      [testNode("a", { spec: { unschedulable: true, taints: [taint] } })],
      [],
      "a",
    ],
    [
      "a host port that is taken",
      testPod("p", hostPort()),
      [testNode("a")],
      [testPod("x", { nodeName: "a", ...hostPort("127.0.0.1") })],
      "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
    ],
    ["a host port on another address", testPod("p", hostPort("10.0.0.1")), [testNode("a")], [
      testPod("x", { nodeName: "a", ...hostPort("127.0.0.1") }),
    ], "a"],
    ["the emptier node", testPod("p"), [testNode("a"), testNode("b")], [
      testPod("x", { nodeName: "a" }, { cpu: "2", memory: "4Gi" }),
    ], "b"],
    [
      "a soft taint is avoided",
      testPod("p"),
      [testNode("a", { spec: { taints: [{ ...taint, effect: "PreferNoSchedule" }] } }), testNode("b")],
      [],
      "b",
    ],
  ];
  for (const [name, pod, nodes, running, expected] of cases) {
    it(name, () => expect(outcome(pod, nodes, running)).toBe(expected));
  }

  it("draws among equals", () => {
    const state = new ClusterState();
    for (const name of ["a", "b", "c"]) state.setNode(testNode(name));
    const drawn = [0, 0.4, 0.99].map((x) => decide(podFacts(testPod("p")), state.nodes(), plugins, () => x));
    expect(drawn.map((d) => d.outcome === "node" ? d.node : "")).toEqual(["a", "b", "c"]);
  });
});

describe("ClusterState", () => {
  it("counts a Pod once, wherever it moves, and forgets it", () => {
    const state = new ClusterState();
    state.setNode(testNode("a"));
    const pod = testPod("p", {}, { cpu: "1" });
    const requested = () => state.nodes()[0]!.requested.get("cpu") ?? 0;
    state.setPod(pod, "a");
    expect(requested()).toBe(1000);
    state.setPod({ ...pod, spec: { ...pod.spec, nodeName: "a" } });
    expect(requested()).toBe(1000);
    state.removePod("default/p");
    expect(requested()).toBe(0);
  });

  it("remembers the Pods of a node that comes after them", () => {
    const state = new ClusterState();
    state.setPod(testPod("p", { nodeName: "a" }, { cpu: "1" }));
    state.setNode(testNode("a"));
    expect(state.nodes()[0]!.pods.size).toBe(1);
  });
});
