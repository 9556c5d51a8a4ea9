import { describe, expect, it } from "vitest";
import { deployments, pods, replicasets, replicationcontrollers } from "../../api/resources.ts";
import type { KubeObject, Resource } from "../../api/resource.ts";
import { retry } from "../e2e/retry.ts";
import { pathOf, typed } from "./api.ts";
import { sharedApi } from "./shared_api.ts";

const template = { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "c", image: "i" }] } };

describe("the garbage collector", () => {
  const api = sharedApi({ hollowNodes: 1 });

  const list = async (resource: Resource, namespace: string): Promise<KubeObject[]> =>
    (await api().call("GET", pathOf(resource, namespace))).json.items;
  const create = async (resource: Resource, namespace: string, object: Record<string, unknown>) => {
    const answer = await api().call("POST", pathOf(resource, namespace), { body: typed(resource, object) });
    if (answer.code !== 201) throw new Error(answer.text);
    return answer.json;
  };
  const remove = (resource: Resource, namespace: string, name: string, propagationPolicy: string) =>
    api().call("DELETE", pathOf(resource, namespace, name), { body: { propagationPolicy } });
  const someOf = (resource: Resource, namespace: string, count: number) =>
    retry(`${count} ${resource.resource}`, async () => {
      const items = await list(resource, namespace);
      expect(items.length).toBe(count);
      return items;
    });
  const controller = (name: string, replicas: number, app = name) => ({
    metadata: { name },
    spec: { replicas, selector: { app }, template: { ...template, metadata: { labels: { app } } } },
  });

  it("deletes the Pods of a ReplicationController in the background", async () => {
    const namespace = await api().namespace();
    await create(replicationcontrollers, namespace, controller("rc", 3));
    await someOf(pods, namespace, 3);
    expect((await remove(replicationcontrollers, namespace, "rc", "Background")).code).toBe(200);
    await someOf(pods, namespace, 0);
  });

  it("leaves the Pods of a ReplicationController that orphans them", async () => {
    const namespace = await api().namespace();
    await create(replicationcontrollers, namespace, controller("rc", 3));
    await someOf(pods, namespace, 3);
    await remove(replicationcontrollers, namespace, "rc", "Orphan");
    await someOf(replicationcontrollers, namespace, 0);
    for (const { metadata } of await list(pods, namespace)) expect(metadata.ownerReferences).toBeUndefined();
    await someOf(pods, namespace, 3);
  });

  it("deletes the ReplicaSet of a Deployment, or leaves it without an owner", async () => {
    for (const [policy, left] of [["Background", 0], ["Orphan", 1]] as const) {
      const namespace = await api().namespace();
      await create(deployments, namespace, {
        metadata: { name: "web" },
        spec: { replicas: 2, selector: { matchLabels: { app: "a" } }, template },
      });
      await someOf(replicasets, namespace, 1);
      await remove(deployments, namespace, "web", policy);
      await someOf(deployments, namespace, 0);
      const [orphan] = await someOf(replicasets, namespace, left);
      expect(orphan?.metadata.ownerReferences).toBeUndefined();
    }
  });

  it("keeps the owner of a foreground deletion until its Pods are gone", async () => {
    const namespace = await api().namespace();
    await create(replicationcontrollers, namespace, controller("rc", 2));
    const made = await someOf(pods, namespace, 2);
    const held = made[0]!.metadata.name!;
    const merge = { "content-type": "application/merge-patch+json" };
    const hold = (finalizers: string[]) =>
      api().call("PATCH", pathOf(pods, namespace, held), { headers: merge, body: { metadata: { finalizers } } });
    await hold(["skiff.test/hold"]);
    await remove(replicationcontrollers, namespace, "rc", "Foreground");
    await retry("the others to be gone", async () => {
      expect((await list(pods, namespace)).map(({ metadata }) => metadata.name)).toEqual([held]);
    });
    const [owner] = await list(replicationcontrollers, namespace);
    expect(owner?.metadata.finalizers).toEqual(["foregroundDeletion"]);
    await hold([]);
    await someOf(replicationcontrollers, namespace, 0);
    await someOf(pods, namespace, 0);
  });

  it("leaves what has another owner, whom nobody deletes", async () => {
    const namespace = await api().namespace();
    await create(replicationcontrollers, namespace, controller("going", 4));
    const staying = await create(replicationcontrollers, namespace, controller("staying", 0));
    const made = await someOf(pods, namespace, 4);
    const shared = made.slice(0, 2).map(({ metadata }) => metadata.name!).toSorted();
    const reference = { apiVersion: "v1", kind: "ReplicationController", name: "staying", uid: staying.metadata.uid };
    for (const name of shared) {
      await api().call("PATCH", pathOf(pods, namespace, name), {
        headers: { "content-type": "application/strategic-merge-patch+json" },
        body: { metadata: { ownerReferences: [reference] } },
      });
    }
    await remove(replicationcontrollers, namespace, "going", "Foreground");
    await someOf(replicationcontrollers, namespace, 1);
    const left = await someOf(pods, namespace, 2);
    expect(left.map(({ metadata }) => metadata.name).toSorted()).toEqual(shared);
    for (const { metadata } of left) expect(metadata.ownerReferences).toEqual([reference]);
  });

  it("is not held up by a circle of owners", async () => {
    const namespace = await api().namespace();
    const made: KubeObject[] = [];
    for (const name of ["pod1", "pod2", "pod3"]) {
      made.push(await create(pods, namespace, { metadata: { name }, spec: template.spec }));
    }
    for (const [i, pod] of made.entries()) {
      const owner = made[(i + 2) % 3]!.metadata;
      const ownerReferences = [
        { apiVersion: "v1", kind: "Pod", name: owner.name, uid: owner.uid, controller: true, blockOwnerDeletion: true },
      ];
      await api().call("PATCH", pathOf(pods, namespace, pod.metadata.name!), {
        headers: { "content-type": "application/strategic-merge-patch+json" },
        body: { metadata: { ownerReferences } },
      });
    }
    await remove(pods, namespace, "pod1", "Foreground");
    await someOf(pods, namespace, 0);
  });
});
