import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { controllerReference } from "../../../api/meta/owner.ts";
import type { KubeObject, Resource } from "../../../api/resource.ts";
import { deployments, jobs, poddisruptionbudgets, pods, replicasets } from "../../../api/resources.ts";
import type { PodDisruptionBudget } from "../../../api/types/policy_v1.ts";
import { createEventRecorder } from "../../../client/event_recorder.ts";
import { createInformerFactory } from "../../../client/informers.ts";
import { minimalPod, TestRegistry } from "../../apiserver/registry/_testing.ts";
import { ControllerMetrics } from "../metrics.ts";
import { prepareController } from "../runner.ts";
import { disruptionController } from "./disruption.ts";
import { staleDisruptionController } from "./stale_target.ts";

const namespace = "default";
const template = { metadata: { labels: { app: "web" } }, spec: minimalPod("").spec };
const selector = { matchLabels: { app: "web" } };

describe("the disruption controllers, on the real registry", () => {
  let test: TestRegistry;
  let stop: AbortController;
  let ended: Promise<unknown>;

  beforeEach(async () => {
    test = await TestRegistry.open();
    stop = new AbortController();
    const { clock, client, registry } = test;
    const { signal } = stop;
    const events = createEventRecorder(client, { clock, signal, component: "test" });
    const informers = createInformerFactory(client, { clock });
    const context = { client, clock, signal, events, informers };
    const controllers = [disruptionController(context, () => registry.resources()), staleDisruptionController(context)];
    const metrics = new ControllerMetrics();
    const runs = controllers.map((controller) => prepareController(controller, { clock, signal, metrics }));
    informers.start(signal);
    await informers.whenSynced();
    ended = Promise.all(runs.map((run) => run()));
  });

  afterEach(async () => {
    stop.abort();
    await ended;
    await test[Symbol.asyncDispose]();
  });

  async function settle(milliseconds = 0): Promise<void> {
    for (let i = 0; i < 20; i++) await test.clock.advance(milliseconds / 20);
  }

  async function limit(spec: PodDisruptionBudget["spec"]): Promise<void> {
    await test.client.create(poddisruptionbudgets, { metadata: { name: "b", namespace }, spec: { selector, ...spec } });
    await settle();
  }

  async function status() {
    return (await test.client.get(poddisruptionbudgets, { namespace, name: "b" })).status;
  }

  async function run(name: string, owner?: [Resource, KubeObject]): Promise<void> {
    const pod = minimalPod(name, { nodeName: "n" });
    pod.metadata.labels = { app: "web" };
    if (owner) pod.metadata.ownerReferences = [controllerReference(owner[1], owner[0])];
    await test.client.create(pods, pod);
    await report(name, [{ type: "Ready", status: "True" }]);
  }

  async function report(name: string, conditions: Record<string, string>[]): Promise<void> {
    const patch = { status: { phase: "Running", conditions } };
    await test.client.patch(pods, { namespace, name }, { type: "merge", patch }, { subresource: "status" });
    await settle();
  }

  async function deployment(replicas: number) {
    const owner = await test.client.create(deployments, {
      metadata: { name: "web", namespace },
      spec: { replicas, selector, template },
    });
    return await test.client.create(replicasets, {
      metadata: { name: "web-1", namespace, ownerReferences: [controllerReference(owner, deployments)] },
      spec: { replicas: 1, selector, template },
    });
  }

  it("counts a plain minimum by the Pods there are", async () => {
    await limit({ minAvailable: 1 });
    expect(await status()).toMatchObject({ expectedPods: 0, desiredHealthy: 1, disruptionsAllowed: 0 });
    await run("a");
    await run("b");
    expect(await status()).toMatchObject({
      expectedPods: 2,
      currentHealthy: 2,
      desiredHealthy: 1,
      disruptionsAllowed: 1,
      observedGeneration: 1,
      conditions: [{ type: "DisruptionAllowed", status: "True", reason: "SufficientPods" }],
    });
    await report("a", [{ type: "Ready", status: "False" }]);
    expect(await status()).toMatchObject({ currentHealthy: 1, disruptionsAllowed: 0 });
  });

  it("counts shares of what the Deployment wants, not of its ReplicaSets", async () => {
    const owner = await deployment(4);
    for (const name of ["a", "b", "c"]) await run(name, [replicasets, owner]);
    await limit({ maxUnavailable: "50%" });
    expect(await status()).toMatchObject({
      expectedPods: 4,
      desiredHealthy: 2,
      currentHealthy: 3,
      disruptionsAllowed: 1,
    });
  });

  it("allows nothing while it cannot count", async () => {
    const job = await test.client.create(jobs, {
      metadata: { name: "j", namespace },
      spec: { template: { ...template, spec: { ...template.spec, restartPolicy: "Never" } } },
    });
    await run("a", [jobs, job]);
    await limit({ maxUnavailable: 1 });
    expect(await status()).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{
        reason: "SyncFailed",
        status: "False",
        message: "jobs.batch does not implement the scale subresource",
      }],
    });
  });

  it("takes an evicted Pod for gone, until its time is over", async () => {
    await limit({ minAvailable: 1 });
    await run("a");
    await run("b");
    const budget = await test.client.get(poddisruptionbudgets, { namespace, name: "b" });
    const disruptedPods = { a: "2026-01-01T00:00:00Z" };
    const patched = { ...budget, status: { ...budget.status!, disruptionsAllowed: 0, disruptedPods } };
    await test.client.update(poddisruptionbudgets, patched, { subresource: "status" });
    await settle();
    expect(await status()).toMatchObject({ currentHealthy: 1, disruptionsAllowed: 0, disruptedPods });
    await settle(125_000);
    expect(await status()).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 1 });
    expect((await status())?.disruptedPods).toBeUndefined();
  });

  it("takes back what announced a disruption that did not come", async () => {
    await run("a");
    const since = "2026-01-01T00:00:00Z";
    const target = {
      type: "DisruptionTarget",
      status: "True",
      reason: "EvictionByEvictionAPI",
      lastTransitionTime: since,
    };
    await report("a", [target]);
    await settle(119_000);
    const conditions = async () => (await test.client.get(pods, { namespace, name: "a" })).status?.conditions;
    expect((await conditions())?.[0]?.status).toBe("True");
    await settle(2_000);
    expect((await conditions())?.[0]).toMatchObject({ type: "DisruptionTarget", status: "False" });
  });
});
