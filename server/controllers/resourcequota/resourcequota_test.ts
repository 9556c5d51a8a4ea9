import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configmaps, pods, resourcequotas, services } from "../../../api/resources.ts";
import type { ResourceQuotaSpec } from "../../../api/types/core_v1.ts";
import { createEventRecorder } from "../../../client/event_recorder.ts";
import { createInformerFactory } from "../../../client/informers.ts";
import { minimalPod, TestRegistry } from "../../apiserver/registry/_testing.ts";
import { ControllerMetrics } from "../metrics.ts";
import { prepareController } from "../runner.ts";
import { resourceQuotaController } from "./resourcequota.ts";

describe("the ResourceQuota controller, on the real registry", () => {
  let test: TestRegistry;
  let stop: AbortController;
  let ended: Promise<void>;

  beforeEach(async () => {
    test = await TestRegistry.open();
    stop = new AbortController();
    const { clock, client, registry } = test;
    const { signal } = stop;
    const events = createEventRecorder(client, { clock, signal, component: "test" });
    const informers = createInformerFactory(client, { clock });
    const context = { client, clock, signal, events, informers };
    const controller = resourceQuotaController(context, () => registry.resources());
    const run = prepareController(controller, { clock, signal, metrics: new ControllerMetrics() });
    informers.start(signal);
    await informers.whenSynced();
    ended = run();
  });

  afterEach(async () => {
    stop.abort();
    await ended;
    await test[Symbol.asyncDispose]();
  });

  async function settle(milliseconds = 300): Promise<void> {
    for (let i = 0; i < 10; i++) await test.clock.advance(milliseconds / 10);
  }

  async function limit(name: string, spec: ResourceQuotaSpec): Promise<void> {
    await test.client.create(resourcequotas, { metadata: { name, namespace: "default" }, spec });
    await settle();
  }

  async function status(name = "q") {
    return (await test.client.get(resourcequotas, { namespace: "default", name })).status;
  }

  const configMap = (name: string) => ({ metadata: { name, namespace: "default" } });

  it("counts what is there, takes over new limits, and gives back what goes", async () => {
    await test.client.create(configmaps, configMap("old"));
    await limit("q", { hard: { configmaps: "2", services: "1" } });
    expect(await status()).toEqual({
      hard: { configmaps: "2", services: "1" },
      used: { configmaps: "1", services: "0" },
    });
    await test.client.create(configmaps, configMap("new"));
    expect((await status())?.used?.["configmaps"]).toBe("2");
    await test.client.delete(configmaps, { namespace: "default", name: "old" });
    await settle(600);
    expect((await status())?.used?.["configmaps"]).toBe("1");
    const patch = { spec: { hard: { configmaps: "5", services: null } } };
    await test.client.patch(resourcequotas, { namespace: "default", name: "q" }, { type: "merge", patch });
    await settle();
    expect(await status()).toEqual({ hard: { configmaps: "5" }, used: { configmaps: "1" } });
  });

  it("gives back what Pods use when they end, and their place when they go", async () => {
    await limit("q", { hard: { pods: "1", "count/pods": "9" } });
    await test.client.create(pods, minimalPod("a"));
    expect((await status())?.used).toEqual({ "count/pods": "1", pods: "1" });
    const target = { namespace: "default", name: "a" };
    const patch = { status: { phase: "Succeeded" } };
    await test.client.patch(pods, target, { type: "merge", patch }, { subresource: "status" });
    await settle(600);
    expect((await status())?.used).toEqual({ "count/pods": "1", pods: "0" });
    await test.client.delete(pods, target, { gracePeriodSeconds: 0 });
    await settle(600);
    expect((await status())?.used).toEqual({ "count/pods": "0", pods: "0" });
  });

  it("finds what was charged for writes that failed", async () => {
    await limit("q", { hard: { configmaps: "5" } });
    await test.client.create(configmaps, configMap("a"));
    await test.client.create(configmaps, configMap("a")).catch(() => {});
    expect((await status())?.used).toEqual({ configmaps: "2" });
    await settle(6000);
    expect((await status())?.used).toEqual({ configmaps: "1" });
  });

  it("rests when no quota limits anything", async () => {
    await limit("q", { hard: { services: "5" } });
    await test.client.create(services, {
      metadata: { name: "s", namespace: "default" },
      spec: { ports: [{ port: 1 }] },
    });
    await settle(6000);
    await test.client.delete(resourcequotas, { namespace: "default", name: "q" });
    await settle(6000);
    const before = (await test.client.list(services)).metadata.resourceVersion;
    await test.client.delete(services, { namespace: "default", name: "s" });
    await settle(6000);
    expect(Number((await test.client.list(services)).metadata.resourceVersion)).toBe(Number(before) + 1);
  });
});
