import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { controllerOf } from "../../../api/meta/owner.ts";
import { formatTime } from "../../../api/meta/time.ts";
import { events, pods, replicasets, replicationcontrollers } from "../../../api/resources.ts";
import { forbidden } from "../../../api/status.ts";
import type { ReplicaSet } from "../../../api/types/apps_v1.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import { World } from "../testing/world.ts";
import { replicaSetController } from "./replicaset.ts";
import { replicationControllerController } from "./replicationcontroller.ts";

const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "i" }] } };

function replicaSet(replicas: number, extra: Partial<ReplicaSet["spec"]> = {}): ReplicaSet {
  const spec = { replicas, selector: { matchLabels: { app: "web" } }, template, ...extra };
  return { metadata: { name: "rs" }, spec };
}

describe("replicaSetController", () => {
  let world: World;

  beforeEach(() => {
    world = new World();
  });

  afterEach(() => world.stop());

  const live = () => world.client.all(replicasets)[0]!;
  const target = { namespace: "default", name: "rs" };
  const scale = (replicas: number) =>
    world.client.patch(replicasets, target, { type: "merge", patch: { spec: { replicas } } });
  const creations = () => world.client.writes().filter((write) => write.startsWith("create pods")).length;

  it("makes as many Pods as it should, each once, and reports them", async () => {
    const owner = await world.create(replicasets, replicaSet(5));
    await world.start(replicaSetController);
    const made = world.client.all(pods);
    expect(made).toHaveLength(5);
    expect(creations()).toBe(5);
    expect(made.every((pod) => controllerOf(pod)?.uid === owner.metadata.uid)).toBe(true);
    expect(made[0]?.metadata.labels).toEqual({ app: "web" });
    expect(live().status).toEqual({ replicas: 5, fullyLabeledReplicas: 5, observedGeneration: 1 });
    await world.runAll();
    expect(live().status).toMatchObject({ replicas: 5, readyReplicas: 5, availableReplicas: 5 });
  });

  it("replaces Pods that are deleted or have failed", async () => {
    await world.create(replicasets, replicaSet(2));
    await world.start(replicaSetController);
    const [first, second] = world.client.all(pods);
    await world.client.delete(pods, { namespace: "default", name: first!.metadata.name! });
    await world.report(second!, { phase: "Failed" });
    await world.settle();
    expect(world.client.all(pods).filter(({ status }) => status?.phase !== "Failed")).toHaveLength(2);
    expect(live().status?.replicas).toBe(2);
  });

  it("gives up the Pods first that are least worth keeping", async () => {
    await world.create(replicasets, replicaSet(5));
    await world.start(replicaSetController);
    const [pending, unready, young, costly, old] = world.client.all(pods) as [Pod, Pod, Pod, Pod, Pod];
    await world.client.patch(pods, { namespace: "default", name: costly.metadata.name! }, {
      type: "merge",
      patch: { metadata: { annotations: { "controller.kubernetes.io/pod-deletion-cost": "10" } } },
    });
    await world.run(old, { node: "n1" });
    await world.run(costly, { node: "n2" });
    await world.settle(3_600_000);
    await world.run(young, { node: "n3" });
    await world.run(unready, { node: "n4", ready: false });
    await world.settle();
    const gone: string[] = [];
    for (const replicas of [4, 3, 2, 1]) {
      const before = world.names(pods);
      await scale(replicas);
      await world.settle();
      gone.push(...before.filter((name) => !world.names(pods).includes(name)));
    }
    expect(gone).toEqual([pending, unready, young, old].map(({ metadata }) => metadata.name));
  });

  it("adopts Pods that match and have no controller, and releases what matches no more", async () => {
    await world.create(pods, { metadata: { name: "stray", labels: { app: "web" } }, spec: template.spec });
    await world.create(replicasets, replicaSet(2));
    await world.start(replicaSetController);
    expect(creations()).toBe(2); // The stray one, by this test, and one more.
    expect(controllerOf(world.client.all(pods).find(({ metadata }) => metadata.name === "stray")!)?.name).toBe("rs");
    const patch = { metadata: { labels: { app: "debug" } } };
    await world.client.patch(pods, { namespace: "default", name: "stray" }, { type: "merge", patch });
    await world.settle();
    const stray = world.client.all(pods).find(({ metadata }) => metadata.name === "stray")!;
    expect(controllerOf(stray)).toBeUndefined();
    expect(world.client.all(pods)).toHaveLength(3);
  });

  it("leaves the Pods of others alone", async () => {
    const ownerReferences = [{ apiVersion: "v1", kind: "Other", name: "o", uid: "o", controller: true }];
    const metadata = { name: "theirs", labels: { app: "web" }, ownerReferences };
    await world.create(pods, { metadata, spec: template.spec });
    await world.create(replicasets, replicaSet(0));
    await world.start(replicaSetController);
    expect(world.names(pods)).toEqual(["theirs"]);
    expect(live().status?.replicas).toBe(0);
  });

  it("asks carefully when creation is refused, says so, and recovers", async () => {
    await world.create(replicasets, replicaSet(100));
    let attempts = 0;
    world.client.intercept = ({ verb, resource }) => {
      if (verb === "create" && resource === "pods") throw forbidden(pods, `rs-${++attempts}`, "exceeded quota");
    };
    await world.start(replicaSetController);
    // Once, and once more for its own change of the status.
    expect(creations()).toBe(2);
    expect(live().status?.conditions?.[0]).toMatchObject({
      type: "ReplicaFailure",
      status: "True",
      reason: "FailedCreate",
    });
    expect(world.client.all(events)[0]).toMatchObject({ reason: "FailedCreate", type: "Warning" });
    world.client.intercept = undefined;
    await world.settle(10_000);
    expect(world.client.all(pods)).toHaveLength(100);
    expect(live().status?.conditions).toBeUndefined();
  });

  it("counts Pods as available after minReadySeconds, without anything happening", async () => {
    await world.create(replicasets, replicaSet(1, { minReadySeconds: 30 }));
    await world.start(replicaSetController);
    await world.runAll();
    expect(live().status).toMatchObject({ readyReplicas: 1 });
    expect(live().status?.availableReplicas).toBeUndefined();
    await world.settle(29_000);
    expect(live().status?.availableReplicas).toBeUndefined();
    await world.settle(1_000);
    expect(live().status?.availableReplicas).toBe(1);
  });

  it("does nothing for one that is being deleted", async () => {
    const metadata = { name: "rs", finalizers: ["foregroundDeletion"], deletionTimestamp: formatTime(0) };
    await world.create(replicasets, { ...replicaSet(3), metadata });
    await world.start(replicaSetController);
    expect(creations()).toBe(0);
  });

  it("writes nothing when nothing changes", async () => {
    await world.create(replicasets, replicaSet(3));
    await world.start(replicaSetController);
    await world.runAll();
    const before = world.client.writes().length;
    await world.settle(3_600_000);
    expect(world.client.writes().length).toBe(before);
    expect(world.clock.pending).toBe(0);
  });

  it("does not create again what it has created and not yet seen", async () => {
    await world.create(replicasets, replicaSet(3));
    await world.start(replicaSetController);
    // The informers go blind; what the controller does now it cannot see.
    world.client.dropWatches();
    await scale(6);
    await world.settle(120_000);
    expect(world.client.all(pods)).toHaveLength(6);
  });
});

describe("replicationControllerController", () => {
  it("keeps Pods as a ReplicaSet does", async () => {
    const world = new World();
    const spec = { replicas: 2, selector: { app: "web" }, template };
    await world.create(replicationcontrollers, { metadata: { name: "rc" }, spec });
    await world.start(replicationControllerController);
    await world.runAll();
    expect(world.client.all(pods)).toHaveLength(2);
    expect(world.client.all(replicationcontrollers)[0]?.status).toMatchObject({ replicas: 2, readyReplicas: 2 });
    await world.stop();
  });
});
