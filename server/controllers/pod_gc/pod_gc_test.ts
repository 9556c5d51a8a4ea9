import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodes, pods } from "../../../api/resources.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import { World } from "../testing/world.ts";
import { podGc } from "./pod_gc.ts";

describe("podGc", () => {
  let world: World;

  beforeEach(() => {
    world = new World();
  });

  afterEach(() => world.stop());

  const start = (threshold = 2) => world.start((context) => podGc(context, { threshold }));

  function pod(name: string, nodeName?: string, extra: Pod["metadata"] = {}): Promise<Pod> {
    const spec = { containers: [{ name: "c", image: "i" }], ...(nodeName ? { nodeName } : {}) };
    return world.create(pods, { metadata: { name, ...extra }, spec });
  }

  it("deletes the oldest terminated Pods beyond the limit", async () => {
    await start();
    for (const [index, phase] of ["Succeeded", "Failed", "Running", "Succeeded"].entries()) {
      await world.report(await pod(`p${index}`), { phase });
      await world.settle(1000);
    }
    expect(world.names(pods)).toEqual(["p1", "p2", "p3"]);
    await world.report(world.client.all(pods)[1]!, { phase: "Succeeded" });
    await world.settle();
    expect(world.names(pods)).toEqual(["p2", "p3"]);
  });

  it("deletes what was marked to go before it had a node", async () => {
    await start();
    await pod("waiting", undefined, { finalizers: ["example.com/hold"] });
    await world.client.delete(pods, { namespace: "default", name: "waiting" });
    await world.settle();
    expect(world.client.all(pods)[0]?.status?.phase).toBe("Failed");
    const deletions = world.client.writes().filter((write) => write === "delete pods default/waiting");
    expect(deletions.length).toBeGreaterThan(1);
  });

  it("deletes the Pods of a node that is gone, after a while", async () => {
    await world.node("n1");
    await world.node("n2");
    await start();
    await pod("a", "n1", { finalizers: ["example.com/hold"] });
    await pod("b", "n2");
    await world.client.delete(nodes, { name: "n1" });
    await world.settle(39_000);
    expect(world.client.all(pods)[0]?.metadata.deletionTimestamp).toBeUndefined();
    await world.settle(2_000);
    const [gone, kept] = world.client.all(pods);
    expect(gone?.metadata.deletionTimestamp).toBeDefined();
    expect(gone?.status).toMatchObject({
      phase: "Failed",
      conditions: [{ type: "DisruptionTarget", status: "True", reason: "DeletionByPodGC" }],
    });
    expect(kept?.metadata.deletionTimestamp).toBeUndefined();
  });

  it("spares the Pods of a node that comes back in time", async () => {
    await world.node("n1");
    await start();
    await pod("a", "n1");
    await world.client.delete(nodes, { name: "n1" });
    await world.settle(30_000);
    await world.node("n1");
    await world.settle(60_000);
    expect(world.names(pods)).toEqual(["a"]);
  });

  it("finds Pods at its start whose node went while it was away", async () => {
    await pod("a", "gone");
    await start();
    await world.settle(41_000);
    expect(world.names(pods)).toEqual([]);
  });

  it("does nothing while nothing happens", async () => {
    await world.node("n1");
    await pod("a", "n1");
    await start();
    await world.settle(60_000);
    expect(world.clock.pending).toBe(0);
  });
});
