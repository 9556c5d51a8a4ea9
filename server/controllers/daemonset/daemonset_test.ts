import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { controllerrevisions, daemonsets, nodes, pods } from "../../../api/resources.ts";
import type { DaemonSet } from "../../../api/types/apps_v1.ts";
import type { Pod, Taint } from "../../../api/types/core_v1.ts";
import { World } from "../testing/world.ts";
import { daemonSetController } from "./daemonset.ts";
import { nodeOf } from "./placement.ts";

describe("daemonSetController", () => {
  let world: World;

  beforeEach(() => {
    world = new World();
  });

  afterEach(() => world.stop());

  const target = { namespace: "default", name: "ds" };

  function create(spec: Partial<DaemonSet["spec"]> = {}, image = "i:1"): Promise<DaemonSet> {
    const template = { metadata: { labels: { app: "ds" } }, spec: { containers: [{ name: "c", image }] } };
    return world.create(daemonsets, {
      metadata: { name: "ds" },
      spec: { selector: { matchLabels: { app: "ds" } }, template, ...spec },
    });
  }

  const patch = (spec: Record<string, unknown>) =>
    world.client.patch(daemonsets, target, { type: "merge", patch: { spec } });
  const setImage = (image: string) => patch({ template: { spec: { containers: [{ name: "c", image }] } } });
  const status = () => world.client.all(daemonsets)[0]?.status;
  const placed = () => world.client.all(pods).map((pod) => nodeOf(pod)).sort();
  const images = () =>
    world.client.all(pods).map((pod) => `${nodeOf(pod)}=${pod.spec.containers[0]!.image}`).sort().join(" ");

  /** Runs each Pod on the node that it is meant for, as scheduler and agent would. */
  async function runAll(): Promise<void> {
    for (const pod of world.client.all(pods)) {
      if (!pod.status?.phase) await world.run(pod, { node: nodeOf(pod)! });
    }
    await world.settle();
  }

  async function addNodes(...names: string[]): Promise<void> {
    for (const name of names) await world.node(name);
  }

  const taint = (name: string, ...taints: Taint[]) =>
    world.client.patch(nodes, { name }, { type: "merge", patch: { spec: { taints } } });

  it("places one Pod on each node, also on those that come later, and reports", async () => {
    await addNodes("n1", "n2");
    await create();
    await world.start(daemonSetController);
    expect(placed()).toEqual(["n1", "n2"]);
    expect(world.client.all(pods)[0]?.spec.nodeName).toBeUndefined();
    await runAll();
    await world.node("n3");
    await world.settle();
    expect(placed()).toEqual(["n1", "n2", "n3"]);
    expect(status()).toEqual({
      currentNumberScheduled: 3,
      numberMisscheduled: 0,
      desiredNumberScheduled: 3,
      numberReady: 2,
      observedGeneration: 1,
      updatedNumberScheduled: 3,
      numberAvailable: 2,
      numberUnavailable: 1,
    });
  });

  it("keeps to nodeSelector and taints, and bears nodes in trouble", async () => {
    await addNodes("n1", "n2", "n3");
    await world.client.patch(nodes, { name: "n3" }, {
      type: "merge",
      patch: { metadata: { labels: { disk: "ssd" } } },
    });
    await taint("n1", { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" });
    await taint("n2", { key: "example.com/own", effect: "NoSchedule" });
    await create();
    await world.start(daemonSetController);
    expect(placed()).toEqual(["n1", "n3"]);
    await patch({ template: { spec: { nodeSelector: { disk: "ssd" } } } });
    await world.settle();
    expect(placed()).toEqual(["n3"]);
  });

  it("leaves a Pod where a taint only keeps new ones away, and takes it off where one drives it out", async () => {
    await addNodes("n1");
    await create();
    await world.start(daemonSetController);
    await runAll();
    await taint("n1", { key: "k", effect: "NoSchedule" });
    await world.settle();
    expect(placed()).toEqual(["n1"]);
    expect(status()).toMatchObject({ desiredNumberScheduled: 0, numberMisscheduled: 1 });
    await taint("n1", { key: "k", effect: "NoExecute" });
    await world.settle();
    expect(placed()).toEqual([]);
  });

  it("replaces a Pod that failed, each time after a longer while", async () => {
    await addNodes("n1");
    await create();
    await world.start(daemonSetController);
    const births: number[] = [];
    for (let step = 0; step < 16; step++) {
      const [pod] = world.client.all(pods) as [Pod];
      if (!pod.status?.phase) {
        births.push(Date.parse(pod.metadata.creationTimestamp!) - Date.UTC(2026, 0, 1));
        await world.run(pod, { node: "n1" });
        await world.report(pod, { phase: "Failed" });
      }
      await world.settle(500);
    }
    expect(births).toEqual([0, 0, 1000, 3000, 7000]);
  });

  it("updates within maxUnavailable", async () => {
    await addNodes("n1", "n2", "n3", "n4");
    await create({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "50%" } } });
    await world.start(daemonSetController);
    await runAll();
    await setImage("i:2");
    const steps: string[] = [];
    for (let step = 0; step < 3; step++) {
      await world.settle();
      steps.push(images());
      await runAll();
    }
    expect(steps).toEqual([
      "n1=i:2 n2=i:2 n3=i:1 n4=i:1",
      "n1=i:2 n2=i:2 n3=i:2 n4=i:2",
      "n1=i:2 n2=i:2 n3=i:2 n4=i:2",
    ]);
    expect(status()).toMatchObject({ updatedNumberScheduled: 4, numberAvailable: 4, observedGeneration: 2 });
  });

  it("starts the new Pod before the old one goes when it may surge", async () => {
    await addNodes("n1", "n2");
    await create({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
    await world.start(daemonSetController);
    await runAll();
    await setImage("i:2");
    const steps: string[] = [];
    for (let step = 0; step < 3; step++) {
      await world.settle();
      steps.push(images());
      await runAll();
    }
    expect(steps).toEqual(["n1=i:1 n1=i:2 n2=i:1", "n1=i:2 n2=i:1 n2=i:2", "n1=i:2 n2=i:2"]);
  });

  it("waits with OnDelete until the old Pod is deleted", async () => {
    await addNodes("n1", "n2");
    await create({ updateStrategy: { type: "OnDelete" } });
    await world.start(daemonSetController);
    await runAll();
    await setImage("i:2");
    await world.settle();
    expect(images()).toBe("n1=i:1 n2=i:1");
    await world.client.delete(pods, { namespace: "default", name: world.names(pods)[0]! });
    await world.settle();
    expect(images()).toBe("n1=i:2 n2=i:1");
  });

  it("keeps its history, and finds an old template again", async () => {
    await addNodes("n1");
    await create({ revisionHistoryLimit: 1 });
    await world.start(daemonSetController);
    for (const image of ["i:2", "i:1", "i:3", "i:4"]) {
      await runAll();
      await setImage(image);
      await world.settle();
    }
    await runAll();
    const history = world.client.all(controllerrevisions).sort((a, b) => a.revision - b.revision);
    expect(history.map(({ revision, data }) => [revision, JSON.stringify(data).match(/i:\d/)?.[0]])).toEqual([
      [4, "i:3"],
      [5, "i:4"],
    ]);
    const undone = await world.client.patch(daemonsets, target, {
      type: "strategic",
      patch: history[0]!.data as Record<string, unknown>,
    });
    expect(undone.spec.template.spec.containers[0]?.image).toBe("i:3");
    await world.settle();
    await runAll();
    expect(images()).toBe("n1=i:3");
    expect(world.client.all(controllerrevisions).map(({ revision }) => revision).sort()).toEqual([5, 6]);
  });

  it("does nothing while nothing happens", async () => {
    await addNodes("n1", "n2");
    await create();
    await world.start(daemonSetController);
    await runAll();
    const writes = world.client.writes().length;
    await world.settle(3_600_000);
    expect(world.client.writes().slice(writes)).toEqual([]);
    expect(world.clock.pending).toBe(0);
  });
});
