import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../api/clock.ts";
import { seededRandom } from "../../../api/meta/_seeded_random.ts";
import type { KubeObject } from "../../../api/resource.ts";
import { openMemory } from "../../../datastore/memory/memory_datastore.ts";
import { Cache } from "./cache.ts";
import { CacheEvent } from "./event.ts";
import { EventRing } from "./event_ring.ts";
import { type Content, contentOf, encode, storageOf } from "./layout.ts";
import { StoredEntry } from "./stored_entry.ts";

const storage = storageOf({ group: "", version: "v1", resource: "configmaps", kind: "ConfigMap", namespaced: true });

function entry(object: KubeObject, revision = 7): StoredEntry {
  const { namespace, name } = object.metadata;
  return new StoredEntry(storage, `${storage.prefix}${namespace}/${name}`, content(encode(storage, object)), revision);
}

function content(text: string): Content {
  return { text, managers: undefined };
}

describe("the layout", () => {
  it("puts the header first and leaves the resourceVersion to the datastore", () => {
    const object = { data: { a: "b" }, metadata: { resourceVersion: "3", name: "x", namespace: "n" }, kind: "Wrong" };
    const text = encode(storage, object);
    expect(text).toBe(
      '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x","namespace":"n"},"data":{"a":"b"}}',
    );
    expect(contentOf(storage, text)).toEqual(content(text));
    const foreign = '{"apiVersion":"v1","data":{"a":"b"},"kind":"ConfigMap","metadata":{"name":"x","namespace":"n"}}';
    expect(contentOf(storage, foreign)).toEqual(content(text));
  });

  it("uses etcd's folders", () => {
    const folder = (group: string, resource: string) =>
      storageOf({ group, version: "v1", resource, kind: "K", namespaced: false }).prefix;
    expect(folder("", "nodes")).toBe("/registry/minions/");
    expect(folder("networking.k8s.io", "ingresses")).toBe("/registry/ingress/");
    expect(folder("apps", "deployments")).toBe("/registry/deployments/");
  });
});

describe("a stored entry", () => {
  it("finds its metadata whatever stands in the texts", () => {
    const random = seededRandom();
    const pieces = ['"', "\\", "{", "}", "[", "a", "é", "\n", "\\\\", '\\"', "\u{1f600}"];
    const text = () => Array.from({ length: random.below(12) }, () => random.pick(pieces)).join("");
    for (let i = 0; i < 500; i++) {
      const metadata = { name: "x", namespace: "n", annotations: { [`k${text()}`]: text(), end: text() } };
      const made = entry({ metadata });
      expect({ seed: random.seed, metadata: made.metadata }).toEqual({ seed: random.seed, metadata });
      expect(JSON.parse(made.json())).toEqual(made.object);
    }
  });

  it("gives the same frozen object to all who hold it", () => {
    const made = entry({ metadata: { name: "x", namespace: "n", labels: { a: "b" } } });
    const object = made.object;
    expect(made.object).toBe(object);
    expect(object.metadata.resourceVersion).toBe("7");
    expect(Object.isFrozen(object.metadata.labels)).toBe(true);
    expect([made.namespace, made.name]).toEqual(["n", "x"]);
    expect(made.at(9).object.metadata.resourceVersion).toBe("9");
  });
});

describe("the ring of events", () => {
  const event = (revision: number, length = 1) =>
    new CacheEvent(revision, new StoredEntry(storage, "k", content("x".repeat(length)), revision), undefined);

  it("forgets the oldest beyond its limits, and knows from where on it is complete", () => {
    const ring = new EventRing(5, { events: 3, size: 1000 });
    expect(ring.completeAfter).toBe(5);
    for (const revision of [6, 7, 8, 9, 10]) ring.push(event(revision));
    expect(ring.completeAfter).toBe(7);
    expect(ring.after(7).map(({ revision }) => revision)).toEqual([8, 9, 10]);
    expect(ring.after(9).map(({ revision }) => revision)).toEqual([10]);
    expect(ring.after(10)).toEqual([]);
    ring.push(event(11, 999));
    expect(ring.completeAfter).toBe(9);
    ring.push(event(12, 5000));
    expect(ring.completeAfter).toBe(12);
  });
});

describe("the cache", () => {
  it("leaves out what is no JSON, and serves the rest", async () => {
    const datastore = openMemory();
    await datastore.commit([
      { kind: "put", key: "/registry/configmaps/n/bad", value: "{" },
      { kind: "put", key: "/registry/configmaps/n/good", value: encode(storage, { metadata: { name: "good" } }) },
      { kind: "put", key: "/registry/unknown/n/x", value: "1" },
    ]);
    const cache = await Cache.open({ datastore, clock: new ManualClock(), storages: [storage] });
    expect([...cache.resource(storage).list()].map(({ name }) => name)).toEqual(["good"]);
    cache.close();
    await datastore.close();
  });

  it("lists by key, namespaces apart", async () => {
    const datastore = openMemory();
    const cache = await Cache.open({ datastore, clock: new ManualClock(), storages: [storage] });
    // A dash sorts before the slash: by key, not by namespace.
    for (const path of ["a/z", "a-b/c", "a/b", "b/a"]) {
      await datastore.commit([{ kind: "put", key: storage.prefix + path, value: `${storage.header}"name":"x"}}` }]);
    }
    const paths = (namespace: string) =>
      [...cache.resource(storage).list(namespace)].map(({ key }) => key.slice(storage.prefix.length));
    expect(paths("")).toEqual(["a-b/c", "a/b", "a/z", "b/a"]);
    expect(paths("a")).toEqual(["a/b", "a/z"]);
    expect(cache.revision).toBe(await datastore.revision());
    cache.close();
    await datastore.close();
  });
});
