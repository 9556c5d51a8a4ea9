import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deployments, events, pods, replicasets } from "../../../api/resources.ts";
import { forbidden } from "../../../api/status.ts";
import type { Deployment } from "../../../api/types/apps_v1.ts";
import { replicaSetController } from "../replicaset/replicaset.ts";
import { World } from "../testing/world.ts";
import { deploymentController } from "./deployment.ts";

function deployment(replicas: number, extra: Partial<Deployment["spec"]> = {}): Deployment {
  return {
    metadata: { name: "web", annotations: { note: "hello" } },
    spec: {
      replicas,
      selector: { matchLabels: { app: "web" } },
      template: templateOf("v1"),
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      ...extra,
    },
  };
}

function templateOf(image: string) {
  return { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image }] } };
}

describe("deploymentController", () => {
  let world: World;

  beforeEach(() => {
    world = new World();
  });

  afterEach(() => world.stop());

  const live = () => world.client.all(deployments)[0]!;
  const images = () => world.client.all(pods).map(({ spec }) => spec.containers[0]?.image).sort();
  const change = (spec: Record<string, unknown>) =>
    world.client.patch(deployments, { namespace: "default", name: "web" }, { type: "merge", patch: { spec } });

  async function rollOut() {
    for (let i = 0; i < 20; i++) await world.runAll();
  }

  it("brings up a ReplicaSet whose hash tells it apart, and reports", async () => {
    await world.create(deployments, deployment(3));
    await world.start(deploymentController, replicaSetController);
    await rollOut();
    const [replicaSet] = world.client.all(replicasets);
    const hash = replicaSet?.metadata.labels?.["pod-template-hash"];
    expect(hash).toMatch(/^[a-z0-9]+$/);
    expect(replicaSet?.metadata.name).toBe(`web-${hash}`);
    expect(replicaSet?.spec.selector.matchLabels).toEqual({ app: "web", "pod-template-hash": hash });
    expect(replicaSet?.metadata.annotations).toEqual({
      note: "hello",
      "deployment.kubernetes.io/revision": "1",
      "deployment.kubernetes.io/desired-replicas": "3",
      "deployment.kubernetes.io/max-replicas": "4",
    });
    expect(live().metadata.annotations?.["deployment.kubernetes.io/revision"]).toBe("1");
    expect(live().status).toMatchObject({ replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 });
    expect(live().status?.conditions?.map(({ type, reason, message }) => `${type} ${reason}: ${message}`)).toEqual([
      "Available MinimumReplicasAvailable: Deployment has minimum availability.",
      `Progressing NewReplicaSetAvailable: ReplicaSet "web-${hash}" has successfully progressed.`,
    ]);
  });

  it("rolls a new template out, back, and tells of it", async () => {
    await world.create(deployments, deployment(2));
    await world.start(deploymentController, replicaSetController);
    await rollOut();
    const first = world.names(replicasets)[0];
    await change({ template: templateOf("v2") });
    await rollOut();
    expect(images()).toEqual(["v2", "v2"]);
    await change({ template: templateOf("v1") });
    await rollOut();
    expect(images()).toEqual(["v1", "v1"]);
    const back = world.client.all(replicasets).find(({ metadata }) => metadata.name === first);
    expect(back?.metadata.annotations).toMatchObject({
      "deployment.kubernetes.io/revision": "3",
      "deployment.kubernetes.io/revision-history": "1",
    });
    const messages = world.client.all(events).filter(({ reason }) => reason === "ScalingReplicaSet")
      .map(({ message }) => message);
    expect(messages).toContain(`Scaled up replica set ${first} from 0 to 2`);
  });

  it("counts revisions on from what an old ReplicaSet has, however large", async () => {
    await world.create(deployments, deployment(1));
    await world.start(deploymentController, replicaSetController);
    await rollOut();
    const annotations = { "deployment.kubernetes.io/revision": "3546343826724305832" };
    const old = { namespace: "default", name: world.names(replicasets)[0]! };
    await world.client.patch(replicasets, old, { type: "merge", patch: { metadata: { annotations } } });
    await change({ template: templateOf("v2") });
    await rollOut();
    expect(live().metadata.annotations?.["deployment.kubernetes.io/revision"]).toBe("3546343826724305833");
  });

  it("makes no second Pod for one that lives on its way out, when it recreates", async () => {
    await world.create(deployments, deployment(1, { strategy: { type: "Recreate" } }));
    await world.start(deploymentController, replicaSetController);
    await rollOut();
    const [pod] = world.client.all(pods);
    const target = { namespace: "default", name: pod!.metadata.name! };
    await world.client.patch(pods, target, { type: "merge", patch: { metadata: { finalizers: ["test/hold"] } } });
    await change({ template: templateOf("v2") });
    await world.settle();
    expect(images()).toEqual(["v1"]);
    await world.client.patch(pods, target, { type: "merge", patch: { metadata: { finalizers: null } } });
    await world.settle();
    expect(images()).toEqual(["v2"]);
  });

  it("says after its deadline that it is stuck", async () => {
    await world.create(deployments, deployment(1, { progressDeadlineSeconds: 60 }));
    await world.start(deploymentController, replicaSetController);
    await world.settle(62_000);
    const progressing = live().status?.conditions?.find(({ type }) => type === "Progressing");
    expect(progressing).toMatchObject({ status: "False", reason: "ProgressDeadlineExceeded" });
    expect(world.clock.pending).toBe(0);
  });

  it("finds another name when its ReplicaSet's is taken", async () => {
    await world.create(deployments, deployment(1));
    await world.start(deploymentController, replicaSetController);
    const [taken] = world.names(replicasets);
    await world.stop();
    world = new World();
    const selector = { matchLabels: { app: "other" } };
    await world.create(replicasets, { metadata: { name: taken! }, spec: { replicas: 0, selector } });
    await world.create(deployments, deployment(1));
    await world.start(deploymentController, replicaSetController);
    await world.settle(1000);
    expect(live().status?.collisionCount).toBe(1);
    expect(world.client.all(pods)).toHaveLength(1);
  });

  it("shows why its ReplicaSet cannot be made", async () => {
    world.client.intercept = ({ verb, resource }) => {
      if (verb === "create" && resource === "replicasets") throw forbidden(replicasets, "web", "no quota");
    };
    await world.create(deployments, deployment(1));
    await world.start(deploymentController);
    const progressing = live().status?.conditions?.find(({ type }) => type === "Progressing");
    expect(progressing).toMatchObject({ status: "False", reason: "ReplicaSetCreateError" });
    world.client.intercept = undefined;
    await world.settle(60_000);
    expect(world.client.all(replicasets)).toHaveLength(1);
  });

  it("writes nothing when nothing changes", async () => {
    await world.create(deployments, deployment(3));
    await world.start(deploymentController, replicaSetController);
    await rollOut();
    const before = world.client.writes().length;
    await world.settle(3_600_000);
    expect(world.client.writes().length).toBe(before);
    expect(world.clock.pending).toBe(0);
  });
});
