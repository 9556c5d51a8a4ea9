import { describe, expect, it } from "vitest";
import { configmaps, deployments, jobs, leases, namespaces, pods } from "../../../api/resources.ts";
import type { KubeObject } from "../../../api/resource.ts";
import type { StatusError } from "../../../api/status.ts";
import type { ConfigMap } from "../../../api/types/core_v1.ts";
import type { DeleteOptions } from "../contract.ts";
import { context, minimalPod, plain, TestRegistry } from "./_testing.ts";

const place = { namespace: "default", name: "a" };
const owner = { apiVersion: "v1", kind: "Pod", name: "p", uid: "u" };

async function refusal(promise: Promise<unknown>): Promise<StatusError> {
  return await promise.then(() => {
    throw new Error("it should have failed");
  }, (error) => error);
}

function configMap(metadata: object = {}): ConfigMap {
  return { metadata: { ...place, ...metadata }, data: { a: "1" } };
}

const labels = { app: "a" };
const rollout = {
  metadata: place,
  spec: {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "i" }] } },
  },
};

describe("metadata of a new object", () => {
  it("takes the generation of kinds that count none, and never an end", async () => {
    await using test = await TestRegistry.open();
    const ends = { deletionTimestamp: "2020-01-01T00:00:00Z", deletionGracePeriodSeconds: 3 };
    const made = await test.client.create(configmaps, configMap({ generation: 7, selfLink: "/x", ...ends }));
    expect(made.metadata.generation).toBe(7);
    expect(made.metadata).not.toHaveProperty("deletionTimestamp");
    expect(made.metadata).not.toHaveProperty("selfLink");
  });

  it("is in no namespace where the kind is in none, whatever it says", async () => {
    await using test = await TestRegistry.open();
    const made = await test.client.create(namespaces, { metadata: { name: "n", namespace: "default" }, spec: {} });
    expect(made.metadata).not.toHaveProperty("namespace");
  });

  it("keeps owners that are alike once, and says so", async () => {
    await using test = await TestRegistry.open();
    const heard: string[] = [];
    const { object } = await test.store(configmaps).create({ ...context, warn: (text) => heard.push(text) }, {
      namespace: "default",
      object: configMap({ ownerReferences: [owner, { ...owner, name: "q" }, owner] }),
      options: plain,
    });
    expect(object.metadata.ownerReferences).toEqual([owner, { ...owner, name: "q" }]);
    expect(heard.length).toBe(1);
    expect(heard[0]).toMatch(/^\.metadata\.ownerReferences contains duplicate entries; .* observed: u$/);
  });

  it("labels a Job that has none like its Pods", async () => {
    await using test = await TestRegistry.open();
    const template = { spec: { restartPolicy: "Never", containers: [{ name: "main", image: "i" }] } };
    const made = await test.client.create(jobs, { metadata: place, spec: { template } });
    expect(made.metadata.labels).toMatchObject({ "job-name": "a", "controller-uid": made.metadata.uid });
  });

  it("tells that the name is still taken by an object that goes", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(configmaps, configMap({ finalizers: ["x.io/a"] }));
    await test.client.delete(configmaps, place);
    expect((await refusal(test.client.create(configmaps, configMap()))).message)
      .toBe('object is being deleted: configmaps "a" already exists');
  });
});

describe("metadata of a changed object", () => {
  it("comes with a status, but for what the kind keeps", async () => {
    await using test = await TestRegistry.open();
    const brought = { labels: { l: "m" }, annotations: { n: "o" }, finalizers: ["x.io/a"], ownerReferences: [owner] };
    const patch = { metadata: brought, status: { observedGeneration: 1 } };
    const send = { type: "merge", patch } as const;
    const status = { subresource: "status" } as const;
    await test.client.create(deployments, rollout);
    const { labels: _kept, ...most } = brought;
    const deployment = await test.client.patch(deployments, place, send, status);
    expect(deployment.metadata).toMatchObject(most);
    expect(deployment.metadata).not.toHaveProperty("labels");
    await test.client.create(pods, minimalPod("a"));
    const pod = await test.client.patch(pods, place, { ...send, patch: { metadata: brought } }, status);
    expect(pod.metadata).toMatchObject({ labels: { l: "m" }, finalizers: ["x.io/a"] });
    expect(pod.metadata).not.toHaveProperty("ownerReferences");
  });

  it("does not change its uid and its end, by patches either", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(configmaps, configMap());
    for (const wrong of [{ uid: "x" }, { deletionGracePeriodSeconds: 5 }]) {
      const error = await refusal(test.client.patch(configmaps, place, { type: "merge", patch: { metadata: wrong } }));
      expect(error.code).toBe(422);
      expect(error.message).toContain("field is immutable");
    }
    const other = await refusal(test.client.update(configmaps, configMap({ uid: "x" })));
    expect(other.message).toContain("Key: /configmaps/default/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition");
  });

  it("counts a Deployment's annotations as a generation of it", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(deployments, rollout);
    const patch = { metadata: { annotations: { a: "b" } } };
    expect((await test.client.patch(deployments, place, { type: "merge", patch })).metadata.generation).toBe(2);
  });

  it("names the version of a Lease", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(leases, { metadata: place, spec: {} });
    expect((await refusal(test.client.update(leases, { metadata: place, spec: {} }))).message)
      .toContain("metadata.resourceVersion: Invalid value: 0: must be specified for an update");
  });

  it("forgets managers that own nothing, or something in a version that there is not", async () => {
    await using test = await TestRegistry.open();
    const store = test.store(configmaps);
    await store.create(context, { namespace: "default", object: configMap(), options: plain });
    const entry = (rest: object) => ({ manager: "x", operation: "Update", fieldsType: "FieldsV1", ...rest });
    const managedFields = [
      entry({ apiVersion: "v1", fieldsV1: {} }),
      entry({ apiVersion: "v9", fieldsV1: { "f:data": {} } }),
    ];
    const { entry: patched } = await store.patch(context, {
      ...{ ...place, type: "merge", patch: { metadata: { managedFields } } },
      options: plain,
    });
    expect(patched.records ?? []).toEqual([]);
  });
});

describe("metadata of an object that goes", () => {
  it("has finalizers that are known, in a Namespace's spec, too", async () => {
    await using test = await TestRegistry.open();
    await test.addNamespace("n");
    const object = { ...await test.client.get(namespaces, { name: "n" }), spec: { finalizers: ["x.io/a", "plain"] } };
    expect((await refusal(test.client.update(namespaces, object, { subresource: "finalize" }))).message)
      .toContain('spec.finalizers[1]: Invalid value: "plain": name is neither a standard finalizer name');
  });

  it("tells who deletes a Job without a word on its Pods that they stay", async () => {
    await using test = await TestRegistry.open();
    const template = { spec: { restartPolicy: "Never", containers: [{ name: "main", image: "i" }] } };
    await test.client.create(jobs, { metadata: place, spec: { template } });
    const heard: string[] = [];
    const remove = (options: Partial<DeleteOptions>) =>
      test.store(jobs).delete({ ...context, warn: (text) => heard.push(text) }, {
        ...place,
        options: { dryRun: true, ...options },
      });
    await remove({ propagationPolicy: "Orphan" });
    expect(heard).toEqual([]);
    await remove({});
    expect(heard.length).toBe(1);
    expect(heard[0]).toMatch(
      /^child pods are preserved by default when jobs are deleted; set propagationPolicy=Background/,
    );
  });

  it("says so of a Pod that goes at once, and counts a generation", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(pods, minimalPod("a"));
    const { entry } = await test.store(pods).delete(context, { ...place, options: { dryRun: true } });
    expect(entry.object.metadata).toMatchObject({ deletionGracePeriodSeconds: 0, generation: 2 });
    expect(entry.object.metadata.deletionTimestamp).toBe("2026-01-01T00:00:00Z");
  });

  it("says nothing of seconds for a Namespace", async () => {
    await using test = await TestRegistry.open();
    await test.addNamespace("n");
    await test.client.delete(namespaces, { name: "n" });
    const left: KubeObject = await test.client.get(namespaces, { name: "n" });
    expect(left.metadata).toHaveProperty("deletionTimestamp");
    expect(left.metadata).not.toHaveProperty("deletionGracePeriodSeconds");
  });

  it("answers a dry run that lets it go with the object as it would be", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(configmaps, configMap({ finalizers: ["x.io/a"] }));
    await test.client.delete(configmaps, place);
    const patch = { metadata: { finalizers: null } };
    const { entry } = await test.store(configmaps).patch(context, {
      ...{ ...place, type: "merge", patch },
      options: { ...plain, dryRun: true },
    });
    expect(entry.object.metadata).not.toHaveProperty("finalizers");
    expect((await test.client.get(configmaps, place)).metadata.finalizers).toEqual(["x.io/a"]);
  });
});
