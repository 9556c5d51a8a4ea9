import { describe, expect, it } from "vitest";
import { configmaps, deployments, namespaces, nodes, pods, services } from "../../../api/resources.ts";
import type { StatusError } from "../../../api/status.ts";
import type { ConfigMap, Pod } from "../../../api/types/core_v1.ts";
import { completeObject } from "../managed_fields.ts";
import { context, copyOf, minimalPod, plain, TestRegistry } from "./_testing.ts";

async function failure(promise: Promise<unknown>): Promise<StatusError> {
  try {
    await promise;
  } catch (error) {
    return error as StatusError;
  }
  throw new Error("it should have failed");
}

const configMap = (name: string, data: Record<string, string> = {}): ConfigMap => ({
  metadata: { name, namespace: "default" },
  data,
});

describe("create", () => {
  it("answers the stored object, complete and frozen", async () => {
    await using test = await TestRegistry.open();
    const made = await test.client.create(configmaps, configMap("a", { k: "v" }));
    expect(made.kind).toBe("ConfigMap");
    expect(made.apiVersion).toBe("v1");
    expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(made.metadata.creationTimestamp).toBe("2026-01-01T00:00:00Z");
    expect(Number(made.metadata.resourceVersion)).toBeGreaterThan(0);
    expect(Object.isFrozen(made.data)).toBe(true);
    expect(await test.client.get(configmaps, { namespace: "default", name: "a" })).toBe(made);
  });

  it("spliced text and object say the same", async () => {
    await using test = await TestRegistry.open();
    const entry = await test.store(configmaps).create(context, {
      namespace: "default",
      object: configMap("a", { quote: '"}{\\' }),
      options: plain,
    });
    expect(entry.object.metadata.managedFields).toBe(undefined);
    expect(JSON.parse(entry.json())).toEqual(completeObject(entry));
    const { kind: _kind, apiVersion: _apiVersion, ...item } = completeObject(entry);
    expect(JSON.parse(entry.itemJson())).toEqual(item);
  });

  it("refuses a taken name, a missing namespace, a bad name and a resourceVersion", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(configmaps, configMap("a"));
    expect((await failure(test.client.create(configmaps, configMap("a")))).message)
      .toBe('configmaps "a" already exists');
    const missing = { metadata: { name: "a", namespace: "nowhere" } };
    expect((await failure(test.client.create(configmaps, missing))).message).toBe('namespaces "nowhere" not found');
    const bad = await failure(test.client.create(configmaps, configMap("Not_A_Name")));
    expect(bad.code).toBe(422);
    expect(bad.status.details?.causes?.[0]?.field).toBe("metadata.name");
    const versioned = { metadata: { name: "b", namespace: "default", resourceVersion: "3" } };
    expect((await failure(test.client.create(configmaps, versioned))).code).toBe(400);
  });

  it("makes names from generateName, and others when they are taken", async () => {
    // The first two suffixes are the same.
    const numbers = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.5, 0.5, 0.5, 0.5, 0.5];
    await using test = await TestRegistry.open({ random: () => numbers.shift() ?? 0.9 });
    const object = { metadata: { generateName: "x-", namespace: "default" } };
    const first = await test.client.create(configmaps, object);
    const second = await test.client.create(configmaps, object);
    expect(first.metadata.name).toBe("x-bbbbb");
    expect(second.metadata.name).not.toBe(first.metadata.name);
    expect(second.metadata.name).toMatch(/^x-[a-z0-9]{5}$/);
  });

  it("stores nothing in a dry run", async () => {
    await using test = await TestRegistry.open();
    const made = await test.client.create(configmaps, configMap("a"), { dryRun: true });
    expect(made.metadata.uid).toBeDefined();
    expect(made.metadata.resourceVersion).toBeUndefined();
    expect((await failure(test.client.get(configmaps, { namespace: "default", name: "a" }))).code).toBe(404);
  });
});

describe("update", () => {
  it("refuses a stale version in the known words, and takes one without", async () => {
    await using test = await TestRegistry.open();
    const made = await test.client.create(configmaps, configMap("a", { k: "1" }));
    const changed = await test.client.update(configmaps, { ...copyOf(made), data: { k: "2" } });
    expect(Number(changed.metadata.resourceVersion)).toBeGreaterThan(Number(made.metadata.resourceVersion));
    const stale = await failure(test.client.update(configmaps, { ...copyOf(made), data: { k: "3" } }));
    expect(stale.message).toBe(
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    );
    const { resourceVersion: _none, ...metadata } = made.metadata;
    const forced = await test.client.update(configmaps, { ...copyOf(made), metadata, data: { k: "4" } });
    expect(forced.data).toEqual({ k: "4" });
    expect(forced.metadata.uid).toBe(made.metadata.uid);
  });

  it("writes nothing when nothing changes", async () => {
    await using test = await TestRegistry.open();
    const made = await test.client.create(configmaps, configMap("a", { k: "1" }));
    const before = await test.datastore.revision();
    const same = await test.client.update(configmaps, copyOf(made));
    expect(same.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
    expect(await test.datastore.revision()).toBe(before);
  });

  it("raises the generation with the spec alone, and keeps status and spec apart", async () => {
    await using test = await TestRegistry.open();
    const template = { metadata: { labels: { app: "a" } }, spec: minimalPod("x").spec };
    const made = await test.client.create(deployments, {
      metadata: { name: "a", namespace: "default" },
      spec: { selector: { matchLabels: { app: "a" } }, template },
      status: { replicas: 7 },
    });
    expect(made.metadata.generation).toBe(1);
    expect(made.status).toEqual({});
    const labelled = await test.client.update(deployments, {
      ...copyOf(made),
      metadata: { ...made.metadata, labels: { x: "y" } },
      status: { replicas: 7 },
    });
    expect(labelled.metadata.generation).toBe(1);
    expect(labelled.status).toEqual({});
    const scaled = await test.client.update(deployments, {
      ...copyOf(labelled),
      spec: { ...labelled.spec, replicas: 3 },
    });
    expect(scaled.metadata.generation).toBe(2);
    const reported = await test.client.update(deployments, {
      ...copyOf(scaled),
      spec: { ...scaled.spec, replicas: 9 },
      status: { replicas: 3 },
    }, { subresource: "status" });
    expect(reported.spec.replicas).toBe(3);
    expect(reported.status?.replicas).toBe(3);
    expect(reported.metadata.generation).toBe(2);
  });

  it("survives writers at the same time", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(configmaps, configMap("a"));
    const target = { namespace: "default", name: "a" };
    await Promise.all(
      Array.from(
        { length: 6 },
        (_, i) => test.client.patch(configmaps, target, { type: "merge", patch: { data: { [`k${i}`]: "v" } } }),
      ),
    );
    const { data } = await test.client.get(configmaps, target);
    expect(Object.keys(data!).length).toBe(6);
  });
});

describe("patch", () => {
  it("merges lists strategically, by their keys", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(pods, minimalPod("a"));
    const patch = { spec: { containers: [{ name: "main", image: "busybox:2" }] } };
    const patched = await test.client.patch(pods, { namespace: "default", name: "a" }, { type: "strategic", patch });
    expect(patched.spec.containers[0]?.image).toBe("busybox:2");
    expect(patched.spec.containers[0]?.terminationMessagePath).toBe("/dev/termination-log");
    expect(patched.metadata.generation).toBe(2);
  });

  it("refuses wrong types and unknown fields by name", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(configmaps, configMap("a"));
    const target = { namespace: "default", name: "a" };
    const wrong = await failure(test.client.patch(configmaps, target, { type: "merge", patch: { data: 5 } }));
    expect(wrong.code).toBe(422);
    expect(wrong.message).toContain("data");
    const unknown = await failure(test.client.patch(configmaps, target, { type: "merge", patch: { dada: {} } }));
    expect(unknown.message).toContain('unknown field "dada"');
  });

  it("takes a resourceVersion in the patch as a condition", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(configmaps, configMap("a"));
    const patch = { metadata: { resourceVersion: "1" }, data: { a: "b" } };
    const target = { namespace: "default", name: "a" };
    expect((await failure(test.client.patch(configmaps, target, { type: "merge", patch }))).reason).toBe("Conflict");
  });
});

describe("delete", () => {
  const target = { namespace: "default", name: "a" };

  it("checks preconditions", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(configmaps, configMap("a"));
    const wrong = await failure(test.client.delete(configmaps, target, { preconditions: { uid: "x" } }));
    expect(wrong.message).toMatch(
      /^Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition \(x\) does not match the UID in record/,
    );
    const old = await failure(test.client.delete(configmaps, target, { preconditions: { resourceVersion: "" } }));
    expect(old.message).toContain("the ResourceVersion in the precondition () does not match");
    const space = { preconditions: { uid: "x" } };
    await test.addNamespace("n");
    expect((await failure(test.client.delete(namespaces, { name: "n" }, space))).message)
      .toContain("Precondition failed: UID in precondition: x");
    await test.client.delete(configmaps, target);
    expect((await failure(test.client.delete(configmaps, target))).code).toBe(404);
  });

  it("gives a running Pod its time, shortens it, and ends it", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(pods, minimalPod("a", { nodeName: "n1" }));
    await test.client.delete(pods, target);
    const marked = await test.client.get(pods, target);
    expect(marked.metadata.deletionGracePeriodSeconds).toBe(30);
    expect(marked.metadata.deletionTimestamp).toBe("2026-01-01T00:00:30Z");
    await test.client.delete(pods, target, { gracePeriodSeconds: 5 });
    const sooner = await test.client.get(pods, target);
    expect(sooner.metadata.deletionTimestamp).toBe("2026-01-01T00:00:05Z");
    await test.client.delete(pods, target, { gracePeriodSeconds: 60 });
    expect((await test.client.get(pods, target)).metadata.deletionGracePeriodSeconds).toBe(5);
    await test.client.delete(pods, target, { gracePeriodSeconds: 0 });
    expect((await failure(test.client.get(pods, target))).code).toBe(404);
  });

  it("ends an unscheduled Pod at once", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(pods, minimalPod("a"));
    await test.client.delete(pods, target);
    expect((await failure(test.client.get(pods, target))).code).toBe(404);
  });

  it("waits for finalizers, and goes with the last one", async () => {
    await using test = await TestRegistry.open();
    const held = configMap("a");
    held.metadata.finalizers = ["example.com/hold"];
    await test.client.create(configmaps, held);
    await test.client.delete(configmaps, target);
    const marked = await test.client.get(configmaps, target);
    expect(marked.metadata.deletionTimestamp).toBeDefined();
    const added = copyOf(marked);
    added.metadata.finalizers!.push("example.com/more");
    expect((await failure(test.client.update(configmaps, added))).code).toBe(422);
    await test.client.patch(configmaps, target, { type: "merge", patch: { metadata: { finalizers: null } } });
    expect((await failure(test.client.get(configmaps, target))).code).toBe(404);
  });

  it("turns the propagation policy into a finalizer", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(configmaps, configMap("a"));
    await test.client.delete(configmaps, target, { propagationPolicy: "Foreground" });
    expect((await test.client.get(configmaps, target)).metadata.finalizers).toEqual(["foregroundDeletion"]);
    await test.client.delete(configmaps, target, { propagationPolicy: "Orphan" });
    expect((await test.client.get(configmaps, target)).metadata.finalizers).toEqual(["orphan"]);
    await test.client.delete(configmaps, target, { propagationPolicy: "Background" });
    expect((await failure(test.client.get(configmaps, target))).code).toBe(404);
  });

  it("deletes a collection by selector", async () => {
    await using test = await TestRegistry.open();
    for (const name of ["a", "b", "c"]) {
      const object = configMap(name);
      if (name !== "c") object.metadata.labels = { go: "yes" };
      await test.client.create(configmaps, object);
    }
    await test.client.deleteCollection(configmaps, { namespace: "default", labelSelector: "go=yes" });
    const left = await test.client.list(configmaps, { namespace: "default" });
    expect(left.items.map(({ metadata }) => metadata.name)).toEqual(["c"]);
  });

  it("empties a namespace's finalizers before it goes, and takes no new content meanwhile", async () => {
    await using test = await TestRegistry.open();
    await test.addNamespace("n");
    await test.client.delete(namespaces, { name: "n" });
    const marked = await test.client.get(namespaces, { name: "n" });
    expect(marked.status?.phase).toBe("Terminating");
    const refused = await failure(test.client.create(configmaps, { metadata: { name: "x", namespace: "n" } }));
    expect(refused.code).toBe(403);
    expect(refused.status.details?.causes?.[0]?.reason).toBe("NamespaceTerminating");
    await test.client.update(namespaces, { ...copyOf(marked), spec: {} }, { subresource: "finalize" });
    expect((await failure(test.client.get(namespaces, { name: "n" }))).code).toBe(404);
    expect((await failure(test.client.delete(namespaces, { name: "default" }))).message)
      .toBe('namespaces "default" is forbidden: this namespace may not be deleted');
  });
});

describe("list", () => {
  it("pages through one revision, whatever is written meanwhile", async () => {
    await using test = await TestRegistry.open();
    for (const name of ["a", "b", "c", "d", "e"]) await test.client.create(configmaps, configMap(name));
    const first = await test.client.list(configmaps, { namespace: "default", limit: 2 });
    expect(first.metadata.remainingItemCount).toBe(3);
    await test.client.delete(configmaps, { namespace: "default", name: "d" });
    await test.client.create(configmaps, configMap("cc"));
    const second = await test.client.list(configmaps, {
      namespace: "default",
      limit: 2,
      continue: first.metadata.continue!,
    });
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    const third = await test.client.list(configmaps, { namespace: "default", continue: second.metadata.continue! });
    const names = [first, second, third].flatMap(({ items }) => items.map(({ metadata }) => metadata.name));
    expect(names).toEqual(["a", "b", "c", "d", "e"]);
    expect(third.metadata.continue).toBeUndefined();
  });

  it("says 410 with a token to go on when the revision is compacted", async () => {
    await using test = await TestRegistry.open();
    for (const name of ["a", "b", "c"]) await test.client.create(configmaps, configMap(name));
    const first = await test.client.list(configmaps, { limit: 1 });
    const { metadata } = await test.client.create(configmaps, configMap("d"));
    await test.datastore.compact(Number(metadata.resourceVersion));
    const expired = await failure(test.client.list(configmaps, { limit: 1, continue: first.metadata.continue! }));
    expect(expired.reason).toBe("Expired");
    const rest = await test.client.list(configmaps, { continue: expired.status.metadata!.continue! });
    expect(rest.items.map((item) => item.metadata.name)).toEqual(["b", "c", "d"]);
  });

  it("says the same after five minutes, also where nothing has changed, and pages on as of now", async () => {
    await using test = await TestRegistry.open();
    for (const name of ["a", "b", "c", "d"]) await test.client.create(configmaps, configMap(name));
    const first = await test.client.list(configmaps, { limit: 1 });
    const old = { limit: 1, continue: first.metadata.continue! };
    await test.clock.advance(5 * 60_000);
    expect((await test.client.list(configmaps, old)).items.map(({ metadata }) => metadata.name)).toEqual(["b"]);
    await test.clock.advance(1);
    const expired = await failure(test.client.list(configmaps, old));
    expect(expired.reason).toBe("Expired");
    await test.client.create(namespaces, { metadata: { name: "other" }, spec: {} });
    const second = await test.client.list(configmaps, { limit: 2, continue: expired.status.metadata!.continue! });
    expect([second.items.map(({ metadata }) => metadata.name), second.metadata.remainingItemCount]).toEqual([
      ["b", "c"],
      1,
    ]);
    expect(second.metadata.resourceVersion).not.toBe(first.metadata.resourceVersion);
    const third = await test.client.list(configmaps, { continue: second.metadata.continue! });
    expect(third.items.map(({ metadata }) => metadata.name)).toEqual(["d"]);
    expect(third.metadata.resourceVersion).toBe(second.metadata.resourceVersion);
  });

  it("selects by labels and fields, and refuses fields that it does not know", async () => {
    await using test = await TestRegistry.open();
    for (const [name, node] of [["a", "n1"], ["b", "n2"], ["c", "n1"]] as const) {
      const pod = minimalPod(name, { nodeName: node });
      pod.metadata.labels = { app: name === "c" ? "y" : "x" };
      await test.client.create(pods, pod);
    }
    const names = async (options: Parameters<typeof test.client.list>[1]) =>
      (await test.client.list(pods, options)).items.map(({ metadata }) => metadata.name);
    expect(await names({ fieldSelector: "spec.nodeName=n1" })).toEqual(["a", "c"]);
    expect(await names({ labelSelector: "app in (x)", fieldSelector: "spec.nodeName=n1" })).toEqual(["a"]);
    expect(await names({ fieldSelector: "metadata.name=b,metadata.namespace=default" })).toEqual(["b"]);
    expect(await names({ fieldSelector: "metadata.name!=b" })).toEqual(["a", "c"]);
    expect((await failure(test.client.list(pods, { fieldSelector: "spec.color=red" }))).code).toBe(400);
  });

  it("reads what an earlier process wrote", async () => {
    await using first = await TestRegistry.open();
    const made = await first.client.create(configmaps, configMap("a", { k: "v" }));
    await first.client.create(nodes, { metadata: { name: "n" }, spec: {} });
    await first.registry.close();
    await using second = await TestRegistry.open({ datastore: first.datastore });
    expect(await second.client.get(configmaps, { namespace: "default", name: "a" })).toEqual(made);
    expect((await second.client.list(nodes)).items.length).toBe(1);
  });
});

describe("the layout", () => {
  it("is etcd's", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(nodes, { metadata: { name: "n" }, spec: {} });
    await test.client.create(services, {
      metadata: { name: "s", namespace: "default" },
      spec: { ports: [{ port: 80 }] },
    });
    await test.client.create(pods, minimalPod("p") as Pod);
    for (const key of ["/registry/minions/n", "/registry/services/specs/default/s", "/registry/pods/default/p"]) {
      const { item } = await test.datastore.get(key);
      expect(item?.value).toContain('"kind":');
    }
  });
});
