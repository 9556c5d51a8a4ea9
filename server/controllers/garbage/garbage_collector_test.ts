import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KubeObject, Resource } from "../../../api/resource.ts";
import { configmaps, events, nodes, pods, replicasets, secrets } from "../../../api/resources.ts";
import { schema } from "../../../api/schema/schema.ts";
import { controllerReference, ownerReference } from "../../../api/meta/owner.ts";
import { seededRandom } from "../../../api/meta/_seeded_random.ts";
import type { OwnerReference } from "../../../api/types/meta_v1.ts";
import { World } from "../testing/world.ts";
import { garbageCollector } from "./garbage_collector.ts";

describe("garbageCollector", () => {
  let world: World;

  beforeEach(() => {
    world = new World();
  });

  afterEach(() => world.stop());

  const start = () => world.start((context) => garbageCollector(context, () => schema.resources()));

  const replicaSet = (name: string, metadata: Partial<KubeObject["metadata"]> = {}) =>
    world.create(replicasets, { metadata: { name, ...metadata }, spec: { selector: {} } });
  const pod = (name: string, ownerReferences: OwnerReference[], metadata: Partial<KubeObject["metadata"]> = {}) =>
    world.create(pods, { metadata: { name, ownerReferences, ...metadata }, spec: { containers: [] } });
  const remove = async (
    resource: Resource,
    name: string,
    propagationPolicy: "Background" | "Foreground" | "Orphan",
  ) => {
    await world.client.delete(resource, { namespace: "default", name }, { propagationPolicy });
    await world.settle();
  };

  it("deletes what has lost its owner, all the way down", async () => {
    const owner = await replicaSet("rs");
    const middle = await pod("p", [controllerReference(owner, replicasets)]);
    await world.create(configmaps, { metadata: { name: "c", ownerReferences: [ownerReference(middle, pods)] } });
    await pod("free", []);
    await start();
    await remove(replicasets, "rs", "Background");
    expect(world.names(pods)).toEqual(["free"]);
    expect(world.names(configmaps)).toEqual([]);
  });

  it("finds at its start what lost its owner while nobody watched", async () => {
    await pod("p", [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "gone", uid: "gone" }]);
    await start();
    expect(world.names(pods)).toEqual([]);
  });

  it("tells an owner from another of the same name", async () => {
    await replicaSet("rs");
    await pod("p", [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "rs", uid: "an earlier one" }]);
    await start();
    expect(world.names(pods)).toEqual([]);
  });

  it("keeps what still has an owner, and drops the reference to the other", async () => {
    const [a, b] = [await replicaSet("a"), await replicaSet("b")];
    await pod("p", [ownerReference(a, replicasets), ownerReference(b, replicasets)]);
    await start();
    await remove(replicasets, "a", "Background");
    expect(world.client.all(pods)[0]?.metadata.ownerReferences?.map(({ name }) => name)).toEqual(["b"]);
  });

  it("deletes dependents first in the foreground, and waits for those that block", async () => {
    const owner = await replicaSet("rs");
    await pod("blocking", [controllerReference(owner, replicasets)], { finalizers: ["example.com/hold"] });
    await pod("plain", [ownerReference(owner, replicasets)], { finalizers: ["example.com/hold"] });
    await start();
    await remove(replicasets, "rs", "Foreground");
    expect(world.names(replicasets)).toEqual(["rs"]);
    expect(world.client.all(pods).every(({ metadata }) => metadata.deletionTimestamp !== undefined)).toBe(true);
    const patch = { metadata: { finalizers: null } };
    await world.client.patch(pods, { namespace: "default", name: "blocking" }, { type: "merge", patch });
    await world.settle();
    expect(world.names(replicasets)).toEqual([]);
    expect(world.names(pods)).toEqual(["plain"]);
  });

  it("deletes a tree in the foreground from its leaves", async () => {
    const root = await replicaSet("root");
    const middle = await replicaSet("middle", { ownerReferences: [controllerReference(root, replicasets)] });
    await pod("leaf", [controllerReference(middle, replicasets)]);
    await start();
    await remove(replicasets, "root", "Foreground");
    expect([...world.names(replicasets), ...world.names(pods)]).toEqual([]);
    const order = world.client.writes().filter((write) => /^(delete|patch)/.test(write));
    expect(order.indexOf("delete pods default/leaf")).toBeLessThan(order.lastIndexOf("patch replicasets default/root"));
  });

  it("ends a foreground deletion of owners that own one another", async () => {
    const a = await replicaSet("a");
    const b = await replicaSet("b", { ownerReferences: [controllerReference(a, replicasets)] });
    const patch = { metadata: { ownerReferences: [controllerReference(b, replicasets)] } };
    await world.client.patch(replicasets, { namespace: "default", name: "a" }, { type: "merge", patch });
    await start();
    await remove(replicasets, "a", "Foreground");
    expect(world.names(replicasets)).toEqual([]);
  });

  it("lets orphans live", async () => {
    const owner = await replicaSet("rs");
    await pod("p", [controllerReference(owner, replicasets)]);
    await start();
    await remove(replicasets, "rs", "Orphan");
    expect(world.names(replicasets)).toEqual([]);
    expect(world.client.all(pods)[0]?.metadata.ownerReferences).toBeUndefined();
  });

  it("knows owners without a namespace", async () => {
    const node = await world.client.create(nodes, { metadata: { name: "n1" }, spec: {} });
    await pod("p", [ownerReference(node, nodes)]);
    await start();
    expect(world.names(pods)).toEqual(["p"]);
    await world.client.delete(nodes, { name: "n1" });
    await world.settle();
    expect(world.names(pods)).toEqual([]);
  });

  it("does not reach into another namespace, and says so", async () => {
    const foreign = await world.create(secrets, { metadata: { name: "s", namespace: "other" } });
    await pod("p", [ownerReference(foreign, secrets)]);
    await start();
    expect(world.names(pods)).toEqual([]);
    expect(world.client.all(events)[0]).toMatchObject({ reason: "OwnerRefInvalidNamespace", type: "Warning" });
    expect(world.names(secrets)).toEqual(["s"]);
  });

  it("keeps what it cannot judge", async () => {
    await world.client.create(nodes, {
      metadata: { name: "n", ownerReferences: [{ apiVersion: "v1", kind: "Secret", name: "s", uid: "s" }] },
      spec: {},
    });
    await pod("p", [{ apiVersion: "example.com/v1", kind: "Widget", name: "w", uid: "w" }]);
    await start();
    await world.settle(60_000);
    expect([...world.names(nodes), ...world.names(pods)]).toEqual(["n", "p"]);
    expect(world.client.all(events).map(({ reason }) => reason)).toEqual(["OwnerRefInvalidNamespace"]);
  });

  it("believes the API, not a view that is behind", async () => {
    const owner = await replicaSet("rs");
    await start();
    // Blind from here on, but for the Pod that arrives with a list.
    world.client.dropWatches();
    const late = await replicaSet("late");
    await pod("p", [controllerReference(late, replicasets)]);
    await pod("q", [controllerReference(owner, replicasets)]);
    world.client.dropWatches(true);
    await world.settle(60_000);
    expect(world.names(pods)).toEqual(["p", "q"]);
  });

  it("asks the API nothing while all owners live", async () => {
    const owner = await replicaSet("rs");
    for (let i = 0; i < 20; i++) await pod(`p${i}`, [controllerReference(owner, replicasets)]);
    await start();
    expect(world.client.calls.filter(({ verb }) => verb === "get")).toEqual([]);
    expect(world.client.writes().filter((write) => !write.startsWith("create"))).toEqual([]);
  });

  it("leaves no object without a living owner, whatever the shape", async () => {
    const random = seededRandom();
    const made: KubeObject[] = [];
    for (let i = 0; i < 40; i++) {
      const owners = [...new Set([random.pick([undefined, ...made]), random.pick([undefined, ...made])])]
        .filter((owner) => owner !== undefined);
      const ownerReferences = owners.map((owner, index) =>
        index === 0 ? controllerReference(owner, configmaps) : ownerReference(owner, configmaps)
      );
      const metadata = { name: `c${i}`, ...(owners.length === 0 ? {} : { ownerReferences }) };
      made.push(await world.create(configmaps, { metadata }));
    }
    await start();
    for (let i = 0; i < 10; i++) {
      const names = world.names(configmaps);
      if (names.length > 0) await remove(configmaps, random.pick(names), random.pick(["Background", "Foreground"]));
    }
    await world.settle(10_000);
    const left = world.client.all(configmaps);
    const uids = new Set(left.map(({ metadata }) => metadata.uid));
    const lost = left.filter(({ metadata }) =>
      metadata.deletionTimestamp !== undefined || metadata.ownerReferences?.some(({ uid }) => !uids.has(uid))
    );
    expect({ seed: random.seed, lost }).toEqual({ seed: random.seed, lost: [] });
  });
});
