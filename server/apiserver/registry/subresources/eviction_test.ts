import { describe, expect, it } from "vitest";
import { poddisruptionbudgets, pods } from "../../../../api/resources.ts";
import type { StatusError } from "../../../../api/status.ts";
import type { Pod } from "../../../../api/types/core_v1.ts";
import type { PodDisruptionBudget } from "../../../../api/types/policy_v1.ts";
import { minimalPod, TestRegistry } from "../_testing.ts";

const namespace = "default";

async function run(test: TestRegistry, name: string, { ready = true, phase = "Running", finalizer = "" } = {}) {
  const pod = minimalPod(name, { nodeName: "n" });
  pod.metadata.labels = { app: "web" };
  if (finalizer) pod.metadata.finalizers = [finalizer];
  await test.client.create(pods, pod);
  const conditions = [{ type: "Ready", status: ready ? "True" : "False" }];
  await test.client.patch(pods, { namespace, name }, { type: "merge", patch: { status: { phase, conditions } } }, {
    subresource: "status",
  });
}

/** A budget as its controller leaves it. */
async function budget(
  test: TestRegistry,
  name: string,
  status: PodDisruptionBudget["status"],
  spec: PodDisruptionBudget["spec"] = {},
) {
  const made = await test.client.create(poddisruptionbudgets, {
    metadata: { name, namespace },
    spec: { selector: { matchLabels: { app: "web" } }, ...spec },
  });
  const full = { expectedPods: 2, currentHealthy: 2, desiredHealthy: 1, disruptionsAllowed: 1, observedGeneration: 1 };
  await test.client.update(poddisruptionbudgets, { ...made, status: { ...full, ...status } }, {
    subresource: "status",
  });
}

function evict(test: TestRegistry, name: string, deleteOptions: Record<string, unknown> = {}): Promise<unknown> {
  const eviction = { metadata: { name, namespace }, deleteOptions: { gracePeriodSeconds: 0, ...deleteOptions } };
  return test.client.create(pods, eviction as unknown as Pod, { name, subresource: "eviction" });
}

async function refusal(promise: Promise<unknown>): Promise<[number, string] | "accepted"> {
  return promise.then(() => "accepted" as const, ({ status }: StatusError) => [
    status.code ?? 0,
    status.details?.causes?.[0]?.message ?? status.message ?? "",
  ]);
}

function statusOf(test: TestRegistry, name: string) {
  return test.client.get(poddisruptionbudgets, { namespace, name }).then(({ status }) => status);
}

describe("eviction", () => {
  it("refuses options that are none, and a name that is not the URL's", async () => {
    await using test = await TestRegistry.open();
    await run(test, "a");
    expect(await refusal(evict(test, "a", { propagationPolicy: "Wrong" })))
      .toEqual([422, 'Unsupported value: "Wrong": supported values: "Foreground", "Background", "Orphan", "nil"']);
    expect(await refusal(evict(test, "a", { dryRun: ["Wrong"] })))
      .toEqual([422, 'Unsupported value: ["Wrong"]: supported values: "All"']);
    const nameless = { metadata: { namespace } } as unknown as Pod;
    expect(await refusal(test.client.create(pods, nameless, { name: "a", subresource: "eviction" })))
      .toEqual([400, "name in URL does not match name in Eviction object"]);
  });

  it("is charged to the budget until it is used up", async () => {
    await using test = await TestRegistry.open();
    await budget(test, "b", {});
    await run(test, "a");
    await run(test, "b");
    expect(await refusal(evict(test, "a"))).toBe("accepted");
    const status = await statusOf(test, "b");
    expect(status).toMatchObject({ disruptionsAllowed: 0, disruptedPods: { a: "2026-01-01T00:00:00Z" } });
    expect(status?.conditions).toMatchObject([{
      type: "DisruptionAllowed",
      status: "False",
      reason: "InsufficientPods",
    }]);
    const error = await evict(test, "b").catch((error: StatusError) => error);
    expect((error as StatusError).status).toMatchObject({
      code: 429,
      reason: "TooManyRequests",
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
    });
    const [cause] = (error as StatusError).status.details!.causes!;
    expect(cause!.reason).toBe("DisruptionBudget");
    expect(cause!.message).toBe(
      "The disruption budget b does not allow evicting pods currently because it failed sync: ",
    );
  });

  it("says what is missing, and that it does not know yet", async () => {
    await using test = await TestRegistry.open();
    await budget(test, "b", { disruptionsAllowed: 0, currentHealthy: 1 });
    await run(test, "a");
    expect(await refusal(evict(test, "a"))).toEqual([
      429,
      "The disruption budget b needs 1 healthy pods and has 1 currently",
    ]);
    await test.client.patch(poddisruptionbudgets, { namespace, name: "b" }, {
      type: "merge",
      patch: { spec: { minAvailable: 1 } },
    });
    expect(await refusal(evict(test, "a"))).toEqual([
      429,
      "The disruption budget b is still being processed by the server.",
    ]);
  });

  it("is free for what has ended, not begun, or is not covered", async () => {
    await using test = await TestRegistry.open();
    await budget(test, "b", { disruptionsAllowed: 0 });
    await run(test, "done", { phase: "Failed" });
    await run(test, "early", { phase: "Pending", ready: false });
    await run(test, "other");
    const patch = { metadata: { labels: { app: "other" } } };
    await test.client.patch(pods, { namespace, name: "other" }, { type: "merge", patch });
    for (const name of ["done", "early", "other"]) expect(await refusal(evict(test, name))).toBe("accepted");
    expect((await statusOf(test, "b"))?.disruptedPods).toBeUndefined();
  });

  it("of Pods that are not ready goes by the budget's policy", async () => {
    const cases = [
      [{ disruptionsAllowed: 0, currentHealthy: 0 }, undefined, false],
      [{ disruptionsAllowed: 0, currentHealthy: 0 }, "IfHealthyBudget", false],
      [{ disruptionsAllowed: 0, currentHealthy: 0 }, "AlwaysAllow", true],
      [{ disruptionsAllowed: 0, currentHealthy: 1 }, undefined, true],
    ] as const;
    for (const [status, policy, allowed] of cases) {
      await using test = await TestRegistry.open();
      await budget(test, "b", status, policy ? { unhealthyPodEvictionPolicy: policy } : {});
      await run(test, "a", { ready: false });
      expect(await refusal(evict(test, "a")) === "accepted").toBe(allowed);
    }
  });

  it("refuses a Pod with two budgets, and another name or version than was meant", async () => {
    await using test = await TestRegistry.open();
    await run(test, "a");
    expect((await refusal(evict(test, "a", { preconditions: { resourceVersion: "1" } })))[0]).toBe(409);
    const wrong = { metadata: { name: "b", namespace } } as Pod;
    expect(await refusal(test.client.create(pods, wrong, { name: "a", subresource: "eviction" }))).toEqual([
      400,
      "name in URL does not match name in Eviction object",
    ]);
    await budget(test, "b", {});
    await budget(test, "c", {});
    expect((await refusal(evict(test, "a")))[0]).toBe(500);
  });

  it("tells in the Pod why it goes, and does nothing in a dry run", async () => {
    await using test = await TestRegistry.open();
    await budget(test, "b", {});
    await run(test, "a", { finalizer: "example.com/f" });
    await evict(test, "a", { dryRun: ["All"] });
    const before = await test.client.get(pods, { namespace, name: "a" });
    expect([before.metadata.deletionTimestamp, before.status?.conditions?.length]).toEqual([undefined, 1]);
    await evict(test, "a");
    const after = await test.client.get(pods, { namespace, name: "a" });
    expect(after.metadata.deletionTimestamp).toBeDefined();
    expect(after.status?.conditions?.[1]).toMatchObject({
      type: "DisruptionTarget",
      status: "True",
      reason: "EvictionByEvictionAPI",
    });
  });

  it("lets no more go at once than the budget allows", async () => {
    await using test = await TestRegistry.open();
    await budget(test, "b", { disruptionsAllowed: 3 });
    const names = Array.from({ length: 10 }, (_, i) => `p${i}`);
    for (const name of names) await run(test, name);
    const answers = await Promise.all(names.map((name) => refusal(evict(test, name))));
    expect(answers.filter((answer) => answer === "accepted").length).toBe(3);
    expect((await statusOf(test, "b"))?.disruptionsAllowed).toBe(0);
  });
});
