import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { controllerReference, ownerReference } from "../../../api/meta/owner.ts";
import type { KubeObject, Resource } from "../../../api/resource.ts";
import { clusterroles, configmaps, deployments, events, pods, replicasets } from "../../../api/resources.ts";
import type { ObjectMeta, OwnerReference } from "../../../api/types/meta_v1.ts";
import { World } from "../testing/world.ts";
import { garbageCollector } from "./garbage_collector.ts";

type Owner = readonly [Resource, KubeObject];

describe("garbageCollector", () => {
  let world: World;

  beforeEach(() => {
    world = new World();
  });

  afterEach(() => world.stop());

  function make<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    owners: Owner[] = [],
    namespace = "default",
  ): Promise<T> {
    return refer(resource, name, owners.map(([of, owner]) => controllerReference(owner, of)), { namespace });
  }

  function refer<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    ownerReferences: OwnerReference[],
    extra: ObjectMeta = { namespace: "default" },
  ): Promise<T> {
    const { namespace: _, ...clusterWide } = extra;
    const metadata = { name, ...(resource.namespaced ? extra : clusterWide), ownerReferences };
    return world.client.create(resource, { metadata } as T);
  }

  const remove = (resource: Resource, name: string, propagationPolicy?: "Foreground" | "Background" | "Orphan") =>
    world.client.delete(resource, { namespace: "default", name }, propagationPolicy ? { propagationPolicy } : {});

  async function chain() {
    const deployment = await make(deployments, "web");
    const replicaSet = await make(replicasets, "web-1", [[deployments, deployment]]);
    await make(pods, "web-1-a", [[replicasets, replicaSet]]);
    await make(pods, "web-1-b", [[replicasets, replicaSet]]);
    return { deployment, replicaSet };
  }

  it("deletes what its owners leave behind, down to the last dependent", async () => {
    await world.start(garbageCollector);
    await chain();
    await world.settle();
    expect(world.names(pods)).toEqual(["web-1-a", "web-1-b"]);
    await remove(deployments, "web", "Background");
    await world.settle();
    expect([...world.names(replicasets), ...world.names(pods)]).toEqual([]);
  });

  it("finds what lost its owner while nobody looked", async () => {
    const { deployment } = await chain();
    await make(configmaps, "kept", [[deployments, deployment]]);
    await remove(replicasets, "web-1");
    await world.start(garbageCollector);
    expect(world.names(pods)).toEqual([]);
    expect(world.names(configmaps)).toEqual(["kept"]);
  });

  it("notices what was deleted while the watches were down", async () => {
    await world.start(garbageCollector);
    await chain();
    await world.settle();
    world.client.dropWatches(true);
    await remove(replicasets, "web-1");
    await world.settle(60_000);
    expect(world.names(pods)).toEqual([]);
  });

  it("deletes dependents before their owner in the foreground", async () => {
    await world.start(garbageCollector);
    await chain();
    await world.settle();
    await remove(deployments, "web", "Foreground");
    await world.settle();
    expect(world.names(deployments)).toEqual([]);
    const deletions = world.client.writes().filter((write) =>
      /^delete pods|^patch deployments|^patch replica/.test(write)
    );
    expect(deletions.slice(-2)).toEqual(["patch replicasets default/web-1", "patch deployments default/web"]);
    expect(deletions.slice(0, 2).sort()).toEqual(["delete pods default/web-1-a", "delete pods default/web-1-b"]);
  });

  it("waits in the foreground only for dependents that block", async () => {
    await world.start(garbageCollector);
    const deployment = await make(deployments, "web");
    const extra = { namespace: "default", finalizers: ["example.com/busy"] };
    await refer(replicasets, "lazy", [ownerReference(deployment, deployments)], extra);
    await remove(deployments, "web", "Foreground");
    await world.settle();
    expect(world.names(deployments)).toEqual([]);
    expect(world.client.all(replicasets)[0]?.metadata.deletionTimestamp).toBeDefined();
  });

  it("leaves the dependents alone when they are to be orphaned", async () => {
    await world.start(garbageCollector);
    await chain();
    await world.settle();
    await remove(deployments, "web", "Orphan");
    await world.settle();
    expect(world.names(deployments)).toEqual([]);
    expect(world.names(pods)).toEqual(["web-1-a", "web-1-b"]);
    expect(world.client.all(replicasets)[0]?.metadata.ownerReferences).toBeUndefined();
  });

  it("takes the reference to a lost owner away while another one is left", async () => {
    await world.start(garbageCollector);
    const [one, two] = [await make(configmaps, "one"), await make(configmaps, "two")];
    const refs = [ownerReference(one, configmaps), ownerReference(two, configmaps)];
    await refer(pods, "p", refs);
    await remove(configmaps, "one");
    await world.settle();
    expect(world.client.all(pods)[0]?.metadata.ownerReferences).toEqual([refs[1]]);
    await remove(configmaps, "two");
    await world.settle();
    expect(world.names(pods)).toEqual([]);
  });

  it("deletes what names an owner of the right name and another uid", async () => {
    await world.start(garbageCollector);
    const owner = await make(configmaps, "owner");
    await remove(configmaps, "owner");
    await make(configmaps, "owner");
    await make(pods, "p", [[configmaps, owner]]);
    await world.settle();
    expect(world.names(pods)).toEqual([]);
  });

  it("resolves circles of foreground deletion", async () => {
    await world.start(garbageCollector);
    const a = await make(configmaps, "a");
    const b = await make(configmaps, "b", [[configmaps, a]]);
    const patch = { metadata: { ownerReferences: [controllerReference(b, configmaps)] } };
    await world.client.patch(configmaps, { namespace: "default", name: "a" }, { type: "merge", patch });
    await world.settle();
    await remove(configmaps, "a", "Foreground");
    await world.settle(10_000);
    expect(world.names(configmaps)).toEqual([]);
  });

  it("warns of an owner in another namespace, and treats it as absent", async () => {
    await world.start(garbageCollector);
    const owner = await make(configmaps, "owner", [], "other");
    const rightful = await make(pods, "rightful", [[configmaps, owner]], "other");
    await make(pods, "stray", [[configmaps, owner]]);
    await world.settle();
    expect(world.client.all(pods).map(({ metadata }) => metadata.uid)).toEqual([rightful.metadata.uid]);
    expect(world.client.all(events).map(({ reason, involvedObject }) => [reason, involvedObject.name])).toEqual([
      ["OwnerRefInvalidNamespace", "stray"],
    ]);
    await world.client.delete(configmaps, { namespace: "other", name: "owner" });
    await world.settle();
    expect(world.names(pods)).toEqual([]);
  });

  it("never deletes a cluster-wide object for an owner in a namespace", async () => {
    await world.start(garbageCollector);
    const owner = await make(configmaps, "owner");
    await make(clusterroles, "role", [[configmaps, owner]]);
    await remove(configmaps, "owner");
    await world.settle();
    expect(world.names(clusterroles)).toEqual(["role"]);
    expect(world.client.all(events)[0]).toMatchObject({ reason: "OwnerRefInvalidNamespace", type: "Warning" });
  });

  it("leaves alone what names an owner of an unknown kind", async () => {
    await world.start(garbageCollector);
    await refer(pods, "p", [{ apiVersion: "example.com/v1", kind: "Widget", name: "w", uid: "1" }]);
    await world.settle();
    expect(world.names(pods)).toEqual(["p"]);
  });
});
