import { describe, expect, it } from "vitest";
import { pods, runtimeclasses } from "../../../api/resources.ts";
import type { StatusError } from "../../../api/status.ts";
import { minimalPod, TestRegistry } from "../registry/_testing.ts";

async function refusal(promise: Promise<unknown>): Promise<string> {
  return promise.then(() => "accepted", (error: StatusError) => error.message);
}

describe("RuntimeClass", () => {
  it("gives Pods its overhead and its nodes", async () => {
    await using test = await TestRegistry.open();
    const toleration = { key: "vm", operator: "Exists", effect: "NoSchedule" };
    await test.client.create(runtimeclasses, {
      metadata: { name: "vm" },
      handler: "kata",
      overhead: { podFixed: { memory: "64Mi" } },
      scheduling: { nodeSelector: { vm: "yes" }, tolerations: [toleration] },
    });
    const made = await test.client.create(
      pods,
      minimalPod("a", {
        runtimeClassName: "vm",
        nodeSelector: { disk: "ssd" },
        tolerations: [{ operator: "Exists", key: "vm" }],
      }),
    );
    expect(made.spec.overhead).toEqual({ memory: "64Mi" });
    expect(made.spec.nodeSelector).toEqual({ disk: "ssd", vm: "yes" });
    expect(made.spec.tolerations?.filter(({ key }) => key === "vm")).toEqual([{ operator: "Exists", key: "vm" }]);
    const other = await test.client.create(
      pods,
      minimalPod("b", { runtimeClassName: "vm", overhead: { memory: "65536Ki" } }),
    );
    expect(other.spec.tolerations).toContainEqual(toleration);
    const attempts = [
      minimalPod("c", { runtimeClassName: "vm", overhead: { memory: "1Mi" } }),
      minimalPod("c", { runtimeClassName: "vm", nodeSelector: { vm: "no" } }),
      minimalPod("c", { runtimeClassName: "nope" }),
      minimalPod("c", { overhead: { memory: "1Mi" } }),
    ];
    const answers = await Promise.all(attempts.map((pod) => refusal(test.client.create(pods, pod))));
    expect(answers.map((answer) => answer.replace('pods "c" is forbidden: ', ""))).toEqual([
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
      "conflict: runtimeClass.scheduling.nodeSelector[vm] = yes; pod.spec.nodeSelector[vm] = no",
      'pod rejected: RuntimeClass "nope" not found',
      "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
    ]);
  });
});
