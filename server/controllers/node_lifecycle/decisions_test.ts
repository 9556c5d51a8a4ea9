import { describe, expect, it } from "vitest";
import { formatTime } from "../../../api/meta/time.ts";
import type { Node, Pod, Taint, Toleration } from "../../../api/types/core_v1.ts";
import { disruptionOf } from "./disruption.ts";
import { evictionTime } from "./eviction_time.ts";
import { wantedTaints } from "./taints.ts";

const now = Date.UTC(2026, 0, 1);

function nodeWith(ready: string, taints: Taint[] = []): Node {
  return { metadata: { name: "n" }, spec: { taints }, status: { conditions: [{ type: "Ready", status: ready }] } };
}

function podWith(...tolerations: Toleration[]): Pod {
  return { metadata: {}, spec: { containers: [], tolerations } };
}

describe("disruptionOf", () => {
  const cases: [silent: number, total: number, expected: string][] = [
    [0, 0, "normal"],
    [0, 1, "normal"],
    [1, 1, "full"],
    [1, 2, "normal"],
    [2, 3, "normal"],
    [3, 5, "partial"],
    [3, 6, "normal"],
    [5, 5, "full"],
  ];
  for (const [silent, total, expected] of cases) {
    it(`is ${expected} with ${silent} of ${total} nodes silent`, () => {
      expect(disruptionOf(silent, total)).toBe(expected);
    });
  }
});

describe("wantedTaints", () => {
  const noExecute = (node: Node, disruption: "normal" | "partial" | "full") =>
    (wantedTaints(node, disruption, now) ?? node.spec.taints)!.filter(({ effect }) => effect === "NoExecute")
      .map(({ key }) => key.split("/")[1]);

  it("swaps the taint when a node that was not ready becomes unreachable", () => {
    const taint = { key: "node.kubernetes.io/not-ready", effect: "NoExecute", timeAdded: formatTime(now) };
    for (const disruption of ["normal", "partial"] as const) {
      expect(noExecute(nodeWith("Unknown", [taint]), disruption)).toEqual(["unreachable"]);
    }
  });

  it("empties no further node while much of the cluster is silent, and none when all of it is", () => {
    const taint = { key: "node.kubernetes.io/unreachable", effect: "NoExecute", timeAdded: formatTime(now) };
    expect(noExecute(nodeWith("Unknown"), "partial")).toEqual([]);
    expect(noExecute(nodeWith("Unknown", [taint]), "full")).toEqual([]);
  });
});

describe("evictionTime", () => {
  const taint = { key: "k", effect: "NoExecute", timeAdded: formatTime(now) };

  it("lets a Pod stay that tolerates all, for as long as it does", () => {
    expect(evictionTime(podWith(), [], now)).toBeUndefined();
    expect(evictionTime(podWith(), [{ ...taint, effect: "NoSchedule" }], now)).toBeUndefined();
    expect(evictionTime(podWith({ key: "k", operator: "Exists" }), [taint], now)).toBeUndefined();
    expect(evictionTime(podWith({ key: "k", operator: "Exists", tolerationSeconds: 5 }), [taint], now)).toBe(
      now + 5000,
    );
  });

  it("drives out at once who does not tolerate one of the taints, or for no time", () => {
    const all = { key: "k", operator: "Exists" };
    expect(evictionTime(podWith(), [taint], now)).toBe(-Infinity);
    expect(evictionTime(podWith(all), [taint, { key: "other", effect: "NoExecute" }], now)).toBe(-Infinity);
    expect(evictionTime(podWith({ ...all, tolerationSeconds: 0 }), [taint], now)).toBe(-Infinity);
  });

  it("counts from when it began to look, at the earliest", () => {
    const toleration = { key: "k", operator: "Exists", tolerationSeconds: 5 };
    expect(evictionTime(podWith(toleration), [taint], now + 60_000)).toBe(now + 65_000);
  });
});
