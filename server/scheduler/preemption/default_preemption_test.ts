import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../api/meta/_seeded_random.ts";
import type { Node, Pod } from "../../../api/types/core_v1.ts";
import type { PodDisruptionBudget } from "../../../api/types/policy_v1.ts";
import { ClusterState } from "../cluster_state.ts";
import { decide } from "../decide.ts";
import { refusalOf } from "../filter.ts";
import { podFacts } from "../node_info.ts";
import { plugins } from "../plugins/all.ts";
import { testNode, testPod } from "../testing/objects.ts";
import { defaultPreemption, PREEMPTION_BY_SCHEDULER } from "./default_preemption.ts";

interface Scene {
  readonly nodes: readonly Node[];
  readonly running: readonly Pod[];
  readonly budgets?: readonly PodDisruptionBudget[];
  /** Pods that room was made for before, by node. */
  readonly nominated?: Readonly<Record<string, Pod>>;
}

/** `NODE: VICTIM VICTIM`, or why nobody is preempted and what becomes of the nomination. */
function outcome(pod: Pod, { nodes, running, budgets = [], nominated = {} }: Scene): string {
  const state = new ClusterState();
  for (const node of nodes) state.setNode(node);
  for (const other of running) state.setPod(other);
  for (const [node, other] of Object.entries(nominated)) state.nominate(other, node);
  const decision = decide(podFacts(pod), state.nodes(), plugins, () => 0);
  if (decision.outcome === "node") return `fits on ${decision.node}`;
  const result = defaultPreemption.postFilter(podFacts(pod), decision.refused, {
    refusal: (other, node) => refusalOf(other, node, plugins),
    budgets,
    random: () => 0,
  });
  return result.outcome === "preempt"
    ? `${result.node}: ${result.victims.map(({ pod }) => pod.metadata.name).join(" ")}`
    : `${result.message} (${result.nomination})`;
}

/** A Pod that wants so many of a node's four CPUs. */
function sized(name: string, cpu: string, priority: number, spec: Partial<Pod["spec"]> = {}): Pod {
  return testPod(name, { priority, ...spec }, { cpu });
}

function on(node: string, pod: Pod, start?: string): Pod {
  return {
    ...pod,
    metadata: { ...pod.metadata, labels: { app: pod.metadata.name! } },
    spec: { ...pod.spec, nodeName: node },
    status: start === undefined ? {} : { startTime: `2026-01-01T${start}:00Z` },
  };
}

function budget(app: string, disruptionsAllowed: number, disrupted: string[] = []): PodDisruptionBudget {
  const disruptedPods = Object.fromEntries(disrupted.map((name) => [name, "2026-01-01T00:00:00Z"]));
  return {
    metadata: { name: app, namespace: "default" },
    spec: { selector: { matchLabels: { app } } },
    status: { disruptionsAllowed, disruptedPods, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
  };
}

const [a, b] = [testNode("a"), testNode("b")];
const high = sized("high", "2", 100);
const helpless = "Preemption is not helpful for scheduling";

const cases: readonly [string, Pod, Scene, string][] = [
  ["nobody goes while there is room", high, { nodes: [a], running: [on("a", sized("x", "1", 0))] }, "fits on a"],
  ["who matters less goes", high, { nodes: [a], running: [on("a", sized("x", "4", 0))] }, "a: x"],
  [
    "an equal stays",
    high,
    { nodes: [a], running: [on("a", sized("x", "4", 100))] },
    "preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod. (clear)",
  ],
  [
    "nobody goes for a Pod that would not fit even then",
    high,
    { nodes: [a], running: [on("a", sized("x", "3", 100)), on("a", sized("y", "1", 0))] },
    "preemption: 0/1 nodes are available: 1 Insufficient cpu. (clear)",
  ],
  [
    "nobody goes where the node itself is what does not suit",
    sized("high", "5", 100),
    {
      nodes: [a, testNode("b", { spec: { unschedulable: true } })],
      running: [on("a", sized("x", "4", 0)), on("b", sized("y", "4", 0))],
    },
    `preemption: 0/2 nodes are available: 2 ${helpless}. (clear)`,
  ],
  [
    "no more go than must, the least important first",
    high,
    { nodes: [a], running: [on("a", sized("x", "2", 1)), on("a", sized("y", "1", 2)), on("a", sized("z", "1", 3))] },
    "a: x",
  ],
  [
    "of equals the youngest go",
    high,
    { nodes: [a], running: [on("a", sized("old", "2", 1), "08:00"), on("a", sized("young", "2", 1), "09:00")] },
    "a: young",
  ],
  [
    "whom a budget keeps goes last",
    high,
    {
      nodes: [a],
      running: [on("a", sized("kept", "2", 1)), on("a", sized("free", "2", 50))],
      budgets: [budget("kept", 0)],
    },
    "a: free",
  ],
  [
    "but goes when nothing else helps",
    high,
    { nodes: [a], running: [on("a", sized("kept", "4", 1))], budgets: [budget("kept", 0)] },
    "a: kept",
  ],
  [
    "a budget that allows it, or has been charged, keeps nobody",
    high,
    {
      nodes: [a],
      running: [on("a", sized("x", "2", 1)), on("a", sized("y", "2", 2))],
      budgets: [budget("x", 1), budget("y", 0, ["y"])],
    },
    "a: x",
  ],
  [
    "a budget of another namespace, or with an empty selector, is about nobody",
    high,
    {
      nodes: [a],
      running: [on("a", sized("x", "2", 1)), on("a", sized("y", "2", 2))],
      budgets: [
        { ...budget("x", 0), metadata: { name: "x", namespace: "other" } },
        { ...budget("x", 0), spec: { selector: {} } },
      ],
    },
    "a: x",
  ],
  [
    "the node where no budget is broken",
    high,
    {
      nodes: [a, b],
      running: [on("a", sized("x", "4", 1)), on("b", sized("y", "4", 50))],
      budgets: [budget("x", 0)],
    },
    "b: y",
  ],
  [
    "the node whose most important victim matters least",
    high,
    { nodes: [a, b], running: [on("a", sized("x", "4", 2)), on("b", sized("y", "2", 1)), on("b", sized("z", "2", 1))] },
    "b: z",
  ],
  [
    "the node with the smaller sum of priorities, two negative ones being more than one",
    sized("high", "4", 100),
    {
      nodes: [a, b],
      running: [on("a", sized("x", "2", -5)), on("a", sized("y", "2", -5)), on("b", sized("z", "4", -5))],
    },
    "b: z",
  ],
  [
    "the node whose victims have run for the shortest time",
    high,
    { nodes: [a, b], running: [on("a", sized("x", "4", 1), "08:00"), on("b", sized("y", "4", 1), "09:00")] },
    "b: y",
  ],
  [
    "a host port is worth a Pod too",
    testPod("high", {
      priority: 1,
      containers: [{ name: "c", image: "i", ports: [{ containerPort: 1, hostPort: 80 }] }],
    }),
    {
      nodes: [a],
      running: [
        on("a", testPod("x", { containers: [{ name: "c", image: "i", ports: [{ containerPort: 1, hostPort: 80 }] }] })),
      ],
    },
    "a: x",
  ],
  [
    "preemptionPolicy Never",
    sized("high", "2", 100, { preemptionPolicy: "Never" }),
    { nodes: [a], running: [on("a", sized("x", "4", 0))] },
    "preemption: not eligible due to preemptionPolicy=Never. (keep)",
  ],
  [
    "nobody more goes while victims are on their way out",
    { ...high, status: { nominatedNodeName: "a" } },
    { nodes: [a, b], running: [leaving(on("a", sized("x", "4", 0))), on("b", sized("y", "4", 0))] },
    "preemption: not eligible due to a terminating pod on the nominated node. (keep)",
  ],
  [
    "unless the node will not do any more",
    { ...high, status: { nominatedNodeName: "a" } },
    {
      nodes: [testNode("a", { spec: { unschedulable: true } }), b],
      running: [leaving(on("a", sized("x", "4", 0))), on("b", sized("y", "4", 0))],
    },
    "b: y",
  ],
  [
    "room made for a Pod is not free for one that matters less",
    sized("middle", "2", 50),
    { nodes: [a], running: [on("a", sized("x", "2", 100))], nominated: { a: high } },
    "preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod. (clear)",
  ],
  [
    "and is for one that matters more",
    sized("higher", "2", 500),
    { nodes: [a], running: [on("a", sized("x", "2", 100))], nominated: { a: high } },
    "fits on a",
  ],
];

function leaving(pod: Pod): Pod {
  const condition = { type: "DisruptionTarget", status: "True", reason: PREEMPTION_BY_SCHEDULER };
  return {
    ...pod,
    metadata: { ...pod.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" },
    status: { conditions: [condition] },
  };
}

describe("defaultPreemption", () => {
  for (const [name, pod, scene, expected] of cases) {
    it(name, () => expect(outcome(pod, scene)).toBe(expected));
  }

  it("lets no set of victims go that leaves the Pod without room, and none that is larger than it need be", () => {
    const random = seededRandom();
    console.log(`seed ${random.seed}`);
    for (let round = 0; round < 300; round++) {
      const running = Array.from(
        { length: 8 },
        (_, i) => on("a", sized(`p${i}`, `${(1 + random.below(9)) * 100}m`, random.below(5))),
      );
      const pod = sized("new", `${(5 + random.below(30)) * 100}m`, 3);
      const [, names = ""] = /^a: (.*)$/.exec(outcome(pod, { nodes: [a], running })) ?? [];
      if (names === "") continue;
      const victims = new Set(names.split(" "));
      const stay = (kept: (name: string) => boolean) => ({
        nodes: [a],
        running: running.filter((other) => kept(other.metadata.name!)),
      });
      expect(outcome(pod, stay((name) => !victims.has(name)))).toBe("fits on a");
      for (const spared of victims) {
        const withOne = outcome(pod, stay((name) => name === spared || !victims.has(name)));
        expect(withOne).not.toBe("fits on a");
      }
    }
  });
});
