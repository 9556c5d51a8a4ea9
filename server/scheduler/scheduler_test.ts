import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodes, poddisruptionbudgets, pods, priorityclasses } from "../../api/resources.ts";
import type { Pod } from "../../api/types/core_v1.ts";
import type { Client } from "../../client/client.ts";
import { createEventRecorder } from "../../client/event_recorder.ts";
import { createInformerFactory } from "../../client/informers.ts";
import { TestRegistry } from "../apiserver/registry/_testing.ts";
import { SCHEDULER_NAME, startScheduler } from "./scheduler.ts";

describe("the scheduler", () => {
  let test: TestRegistry;
  let stop: AbortController;
  let refuseDeletions = 0;

  beforeEach(async () => {
    test = await TestRegistry.open();
    stop = new AbortController();
    const { client, clock } = test;
    const { signal } = stop;
    const informers = createInformerFactory(client, { clock });
    const events = createEventRecorder(client, { clock, signal, component: SCHEDULER_NAME });
    refuseDeletions = 0;
    const faulty = new Proxy(client, {
      get(target, name: keyof Client) {
        if (name === "delete" && refuseDeletions-- > 0) return () => Promise.reject(new Error("the network is down"));
        return target[name].bind(target);
      },
    });
    startScheduler({ client: faulty, informers, events, clock, signal });
    informers.start(signal);
    await informers.whenSynced();
    for (const [name, value] of Object.entries({ low: 1, middle: 100, high: 1000 })) {
      await client.create(priorityclasses, { metadata: { name }, value });
    }
    for (const name of ["a", "b"]) {
      const allocatable = { cpu: "4", memory: "8Gi", pods: "110" };
      await client.create(nodes, { metadata: { name }, spec: {}, status: { allocatable, capacity: allocatable } });
      await client.patch(nodes, { name }, { type: "merge", patch: { spec: { taints: null } } });
    }
  });

  afterEach(async () => {
    stop.abort();
    await test[Symbol.asyncDispose]();
  });

  const get = (name: string) => test.client.get(pods, { namespace: "default", name });

  /** Lets everything happen that can within so many seconds. */
  async function pass(seconds = 0): Promise<void> {
    for (let i = 0; i < 20; i++) await test.clock.advance(0);
    for (let i = 0; i < seconds; i++) await test.clock.advance(1000);
    for (let i = 0; i < 20; i++) await test.clock.advance(0);
  }

  async function create(name: string, cpu: string, priorityClassName: string, nodeName?: string): Promise<Pod> {
    const pod = await test.client.create(pods, {
      metadata: { name, namespace: "default", labels: { app: name } },
      spec: {
        priorityClassName,
        ...(nodeName !== undefined && { nodeSelector: {}, nodeName }),
        containers: [{ name: "c", image: "i", resources: { requests: { cpu } } }],
      },
    });
    await pass();
    return pod;
  }

  /** `name@node`, `name→node` for one that is nominated, `name?` for one that waits; `-` behind one on its way out. */
  async function scene(): Promise<string> {
    const { items } = await test.client.list(pods, { namespace: "default" });
    return items.map(({ metadata, spec, status }) => {
      const place = spec.nodeName
        ? `@${spec.nodeName}`
        : status?.nominatedNodeName
        ? `→${status.nominatedNodeName}`
        : "?";
      return `${metadata.name}${place}${metadata.deletionTimestamp ? "-" : ""}`;
    }).join(" ");
  }

  /** What a node does in the end with a Pod on its way out. */
  async function end(name: string): Promise<void> {
    await test.client.delete(pods, { namespace: "default", name }, { gracePeriodSeconds: 0 });
    await pass(2);
  }

  it("makes room for a Pod of higher priority, and waits until the room is there", async () => {
    await create("x", "3", "low", "a");
    await create("y", "3", "middle", "b");
    await create("vip", "3", "high");
    expect(await scene()).toBe("vip→a x@a- y@b");
    const condition = (await get("x")).status?.conditions?.find(({ type }) => type === "DisruptionTarget");
    expect(condition).toMatchObject({
      status: "True",
      reason: "PreemptionByScheduler",
      message: "default-scheduler: preempting to accommodate a higher priority pod",
    });
    await pass(30);
    expect(await scene()).toBe("vip→a x@a- y@b");
    await end("x");
    expect(await scene()).toBe("vip@a y@b");
    expect((await get("vip")).status?.nominatedNodeName).toBeUndefined();
  });

  it("keeps the room for the Pod it was made for", async () => {
    await create("x", "4", "low", "a");
    await create("y", "4", "high", "b");
    await create("vip", "3", "high");
    await create("late", "2", "middle");
    expect(await scene()).toBe("late? vip→a x@a- y@b");
    await end("x");
    expect(await scene()).toBe("late? vip@a y@b");
  });

  it("lets a Pod that matters still more take the room, and the first look elsewhere", async () => {
    await create("x", "4", "low", "a");
    await create("y", "4", "low", "b");
    await create("first", "4", "middle");
    const { status } = await get("first");
    const [taken, other] = status?.nominatedNodeName === "a" ? ["a", "b"] : ["b", "a"];
    await test.client.patch(nodes, { name: other! }, { type: "merge", patch: { spec: { unschedulable: true } } });
    await create("second", "4", "high");
    expect(await scene()).toMatch(new RegExp(`^first\\? second→${taken} `));
  });

  it("says why nobody goes for a Pod that does not want it", async () => {
    for (const node of ["a", "b"]) await create(`on-${node}`, "4", "low", node);
    await test.client.create(priorityclasses, { metadata: { name: "meek" }, value: 5000, preemptionPolicy: "Never" });
    await create("meek", "1", "meek");
    const [condition] = (await get("meek")).status?.conditions ?? [];
    expect(condition?.message).toBe(
      "0/2 nodes are available: 2 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.",
    );
    expect(await scene()).toBe("meek? on-a@a on-b@b");
  });

  it("spares whom a disruption budget keeps, where it can", async () => {
    await create("x", "4", "low", "a");
    await create("y", "4", "middle", "b");
    await test.client.create(poddisruptionbudgets, {
      metadata: { name: "x", namespace: "default" },
      spec: { minAvailable: 1, selector: { matchLabels: { app: "x" } } },
    });
    await create("vip", "1", "high");
    expect(await scene()).toBe("vip→b x@a y@b-");
  });

  it("waits for a victim that stays on after its time", async () => {
    await create("x", "4", "low", "a");
    await create("y", "4", "high", "b");
    const x = { namespace: "default", name: "x" };
    await test.client.patch(pods, x, { type: "merge", patch: { metadata: { finalizers: ["example.com/hold"] } } });
    await create("vip", "1", "high");
    await end("x");
    expect(await scene()).toBe("vip→a x@a- y@b");
    await test.client.patch(pods, x, { type: "merge", patch: { metadata: { finalizers: [] } } });
    await pass(12);
    expect(await scene()).toBe("vip@a y@b");
  });

  it("tries again when a victim could not be asked to go", async () => {
    refuseDeletions = 1;
    await create("x", "4", "low", "a");
    await create("y", "4", "high", "b");
    await create("vip", "1", "high");
    expect(await scene()).toBe("vip→a x@a y@b");
    await pass(2);
    expect(await scene()).toBe("vip→a x@a- y@b");
  });
});
