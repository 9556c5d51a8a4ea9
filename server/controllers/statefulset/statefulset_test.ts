import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatTime } from "../../../api/meta/time.ts";
import { controllerrevisions, persistentvolumeclaims, pods, statefulsets } from "../../../api/resources.ts";
import type { StatefulSet } from "../../../api/types/apps_v1.ts";
import { World } from "../testing/world.ts";
import { statefulSetController } from "./statefulset.ts";

describe("statefulSetController", () => {
  let world: World;

  beforeEach(() => {
    world = new World();
  });

  afterEach(() => world.stop());

  const target = { namespace: "default", name: "db" };

  async function start(spec: Partial<StatefulSet["spec"]> = {}): Promise<void> {
    const template = { metadata: { labels: { app: "db" } }, spec: { containers: [{ name: "c", image: "i:1" }] } };
    const selector = { matchLabels: { app: "db" } };
    await world.create(statefulsets, {
      metadata: { name: "db" },
      spec: { serviceName: "db", replicas: 3, selector, template, ...spec },
    });
    await world.start(statefulSetController);
  }

  const patch = (spec: Record<string, unknown>) =>
    world.client.patch(statefulsets, target, { type: "merge", patch: { spec } }).then(() => world.settle());
  const setImage = (image: string) => patch({ template: { spec: { containers: [{ name: "c", image }] } } });
  const status = () => world.client.all(statefulsets)[0]!.status!;
  const images = () => world.client.all(pods).map(({ spec }) => spec.containers[0]!.image!.slice(2)).join("");

  /** Runs what is there until nothing more comes, and tells the names after each step. */
  async function roll(): Promise<string[]> {
    const steps: string[] = [];
    for (let step = 0; step < 20 && steps.at(-1) !== steps.at(-2) || steps.length < 2; step++) {
      steps.push(world.names(pods).map((name) => name.slice(3)).join(""));
      await world.runAll();
    }
    return steps.slice(0, -1);
  }

  it("starts its Pods one after the other, each with its own name", async () => {
    await start();
    expect(await roll()).toEqual(["0", "01", "012"]);
    const [first] = world.client.all(pods);
    expect(first?.spec).toMatchObject({ hostname: "db-0", subdomain: "db" });
    expect(first?.metadata.labels).toMatchObject({
      "statefulset.kubernetes.io/pod-name": "db-0",
      "apps.kubernetes.io/pod-index": "0",
      "controller-revision-hash": status().updateRevision,
    });
    expect(status()).toMatchObject({ replicas: 3, readyReplicas: 3, currentReplicas: 3, updatedReplicas: 3 });
  });

  it("starts them all at once with Parallel, and ends them so", async () => {
    await start({ podManagementPolicy: "Parallel" });
    expect(world.names(pods)).toEqual(["db-0", "db-1", "db-2"]);
    await patch({ replicas: 0 });
    expect(world.names(pods)).toEqual([]);
  });

  it("scales down from the highest ordinal, one by one", async () => {
    await start();
    await roll();
    const before = world.client.writes().length;
    await patch({ replicas: 1 });
    const deletions = world.client.writes().slice(before).filter((write) => write.startsWith("delete pods"));
    expect(deletions).toEqual(["delete pods default/db-2", "delete pods default/db-1"]);
  });

  it("waits while one of the Pods before is not ready", async () => {
    await start();
    await world.runAll({ ready: false });
    expect(world.names(pods)).toEqual(["db-0"]);
  });

  it("counts from where its ordinals start", async () => {
    await start({ replicas: 2, ordinals: { start: 5 } });
    await roll();
    expect(world.names(pods)).toEqual(["db-5", "db-6"]);
  });

  it("replaces a Pod that failed or was deleted under its name", async () => {
    await start();
    await roll();
    const uid = world.client.all(pods)[1]!.metadata.uid;
    await world.report(world.client.all(pods)[1]!, { phase: "Failed" });
    await world.settle();
    expect(world.names(pods)).toEqual(["db-0", "db-1", "db-2"]);
    expect(world.client.all(pods)[1]!.metadata.uid).not.toBe(uid);
  });

  it("replaces a Pod that fails again and again, each time after a longer while", async () => {
    await start({ replicas: 1 });
    const births: number[] = [];
    for (let step = 0; step < 16; step++) {
      const [pod] = world.client.all(pods);
      if (pod !== undefined && !pod.status?.phase) {
        births.push(Date.parse(pod.metadata.creationTimestamp!) - Date.UTC(2026, 0, 1));
        await world.report(pod, { phase: "Failed" });
      }
      await world.settle(500);
    }
    expect(births).toEqual([0, 0, 1000, 3000, 7000]);
  });

  it("updates from the highest ordinal down, and goes on when each is ready", async () => {
    await start();
    await roll();
    const first = status().currentRevision;
    await setImage("i:2");
    const steps: string[] = [];
    for (let step = 0; step < 4; step++) {
      steps.push(images());
      await world.runAll();
    }
    expect(steps).toEqual(["112", "122", "222", "222"]);
    expect(status().currentRevision).toBe(status().updateRevision);
    expect(status().currentRevision).not.toBe(first);
    expect(status()).toMatchObject({ currentReplicas: 3, updatedReplicas: 3 });
  });

  it("updates only from the partition on, and makes those below anew as they were", async () => {
    await start({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } } });
    await roll();
    await setImage("i:2");
    await roll();
    expect(images()).toBe("112");
    await world.client.delete(pods, { namespace: "default", name: "db-0" });
    await world.settle();
    await roll();
    expect(images()).toBe("112");
    expect(status()).toMatchObject({ currentReplicas: 2, updatedReplicas: 1 });
    await patch({ updateStrategy: { rollingUpdate: { partition: 0 } } });
    await roll();
    expect(images()).toBe("222");
  });

  it("updates several at once where maxUnavailable allows it, and none with OnDelete", async () => {
    await start({ updateStrategy: { type: "OnDelete" }, podManagementPolicy: "Parallel" });
    await roll();
    await setImage("i:2");
    expect(images()).toBe("111");
    await patch({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 2 } } });
    expect(images()).toBe("122");
  });

  it("counts a Pod as available after minReadySeconds", async () => {
    await start({ minReadySeconds: 30 });
    await world.runAll();
    await world.settle(29_000);
    expect(world.names(pods)).toEqual(["db-0"]);
    await world.settle(2_000);
    expect(world.names(pods)).toEqual(["db-0", "db-1"]);
  });

  it("gives each Pod claims of its own, and finds them again", async () => {
    const volumeClaimTemplates = [{ metadata: { name: "data" }, spec: { accessModes: ["ReadWriteOnce"] } }];
    await start({ replicas: 2, volumeClaimTemplates });
    await roll();
    expect(world.names(persistentvolumeclaims)).toEqual(["data-db-0", "data-db-1"]);
    expect(world.client.all(pods)[1]?.spec.volumes).toEqual([
      { name: "data", persistentVolumeClaim: { claimName: "data-db-1" } },
    ]);
    await patch({ replicas: 1 });
    expect(world.names(persistentvolumeclaims)).toEqual(["data-db-0", "data-db-1"]);
    expect(world.client.all(persistentvolumeclaims)[0]?.metadata.ownerReferences).toBeUndefined();
  });

  it("hands claims to what they should go with", async () => {
    const volumeClaimTemplates = [{ metadata: { name: "data" }, spec: { accessModes: ["ReadWriteOnce"] } }];
    const persistentVolumeClaimRetentionPolicy = { whenDeleted: "Delete", whenScaled: "Delete" };
    await start({ replicas: 2, volumeClaimTemplates, persistentVolumeClaimRetentionPolicy });
    await roll();
    const owners = () =>
      world.client.all(persistentvolumeclaims).map(({ metadata }) => metadata.ownerReferences?.map(({ kind }) => kind));
    expect(owners()).toEqual([["StatefulSet"], ["StatefulSet"]]);
    await patch({ replicas: 1 });
    expect(owners()).toEqual([["StatefulSet"], ["Pod"]]);
  });

  it("keeps as many old revisions as it should", async () => {
    await start({ replicas: 1, revisionHistoryLimit: 1 });
    for (const image of ["i:2", "i:3", "i:4"]) {
      await roll();
      await setImage(image);
    }
    await roll();
    expect(world.client.all(controllerrevisions).map(({ revision }) => revision).sort()).toEqual([3, 4]);
  });

  it("does nothing while nothing happens", async () => {
    await start();
    await roll();
    const writes = world.client.writes().length;
    await world.settle(3_600_000);
    expect(world.client.writes().slice(writes)).toEqual([]);
    expect(formatTime(world.clock.now())).toBe("2026-01-01T01:00:00Z");
  });
});
