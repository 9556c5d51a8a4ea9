import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../api/meta/_seeded_random.ts";
import { keyOf, type KubeObject } from "../../../api/resource.ts";
import { configmaps, pods } from "../../../api/resources.ts";
import { isExpired, StatusError } from "../../../api/status.ts";
import type { ConfigMap } from "../../../api/types/core_v1.ts";
import type { WatchedEvent, WatchRequest } from "../contract.ts";
import { context, minimalPod, TestRegistry } from "./_testing.ts";

const everything: WatchRequest = { namespace: "", allowWatchBookmarks: false };

async function collect(test: TestRegistry, request: Partial<WatchRequest>, resource = configmaps as { group: string }) {
  const events: WatchedEvent[] = [];
  const store = test.store(resource as typeof configmaps);
  const handle = await store.watch(context, { ...everything, ...request }, (event) => events.push(event));
  return { events, close: () => handle.close() };
}

function told(events: readonly WatchedEvent[]): string[] {
  return events.map((event) =>
    event.type === "BOOKMARK" ? `BOOKMARK ${event.initialEventsEnd}` : `${event.type} ${event.entry.name}`
  );
}

const labelled = (name: string, color: string, namespace = "default"): ConfigMap => ({
  metadata: { name, namespace, labels: { color } },
});

describe("watch", () => {
  it("gives the present, then what comes", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(configmaps, labelled("a", "red"));
    const { events } = await collect(test, {});
    await test.client.create(configmaps, labelled("b", "red"));
    await test.client.delete(configmaps, { namespace: "default", name: "a" });
    expect(told(events)).toEqual(["ADDED a", "ADDED b", "DELETED a"]);
  });

  it("goes on from a resourceVersion, without gap or repetition", async () => {
    await using test = await TestRegistry.open();
    const { metadata } = await test.client.create(configmaps, labelled("a", "red"));
    await test.client.create(configmaps, labelled("b", "red"));
    const { events } = await collect(test, { resourceVersion: metadata.resourceVersion! });
    await test.client.create(configmaps, labelled("c", "red"));
    expect(told(events)).toEqual(["ADDED b", "ADDED c"]);
  });

  it("shows an object that starts or ceases to match as ADDED or DELETED, under the new revision", async () => {
    await using test = await TestRegistry.open();
    const made = await test.client.create(configmaps, labelled("a", "red"));
    const { events } = await collect(test, {
      labelSelector: "color=blue",
      resourceVersion: made.metadata.resourceVersion!,
    });
    const paint = (color: string) => {
      const patch = { metadata: { labels: { color } } };
      return test.client.patch(configmaps, { namespace: "default", name: "a" }, { type: "merge", patch });
    };
    await paint("blue");
    await paint("green");
    const gone = await test.client.get(configmaps, { namespace: "default", name: "a" });
    expect(told(events)).toEqual(["ADDED a", "DELETED a"]);
    const last = events[1] as Extract<WatchedEvent, { entry: unknown }>;
    expect(last.entry.object.metadata.labels).toEqual({ color: "blue" });
    expect(String(last.entry.revision)).toBe(gone.metadata.resourceVersion);
    expect(last.entry.object.metadata.resourceVersion).toBe(gone.metadata.resourceVersion);
  });

  it("follows one object, one namespace or one node's Pods", async () => {
    await using test = await TestRegistry.open();
    await test.addNamespace("other");
    const one = await collect(test, { namespace: "default", fieldSelector: "metadata.name=a" });
    const namespace = await collect(test, { namespace: "other" });
    const node = await collect(test, { fieldSelector: "spec.nodeName=n1" }, pods);
    await test.client.create(configmaps, labelled("a", "x"));
    await test.client.create(configmaps, labelled("b", "x"));
    await test.client.create(configmaps, labelled("a", "x", "other"));
    const pod = await test.client.create(pods, minimalPod("p"));
    await test.client.create(pods, minimalPod("q", { nodeName: "n2" }));
    const binding = { metadata: { name: "p", namespace: "default" }, target: { kind: "Node", name: "n1" } };
    await test.client.create(pods, binding as unknown as typeof pod, { name: "p", subresource: "binding" });
    expect(told(one.events)).toEqual(["ADDED a"]);
    expect(told(namespace.events)).toEqual(["ADDED a"]);
    expect(told(node.events)).toEqual(["ADDED p"]);
  });

  it("marks the end of the initial events, and time going by", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(configmaps, labelled("a", "x"));
    const { events, close } = await collect(test, {
      sendInitialEvents: true,
      resourceVersionMatch: "NotOlderThan",
      allowWatchBookmarks: true,
    });
    expect(told(events)).toEqual(["ADDED a", "BOOKMARK true"]);
    await test.clock.advance(60_000);
    expect(told(events).at(-1)).toBe("BOOKMARK false");
    close();
    const before = events.length;
    await test.clock.advance(120_000);
    await test.client.create(configmaps, labelled("b", "x"));
    expect(events.length).toBe(before);
  });

  it("says 410 for what it has forgotten, and 504 for what has not been", async () => {
    await using test = await TestRegistry.open();
    const { metadata } = await test.client.create(configmaps, labelled("a", "x"));
    await test.registry.close();
    await using later = await TestRegistry.open({ datastore: test.datastore });
    await later.client.create(configmaps, labelled("b", "x"));
    const old = await collect(later, { resourceVersion: "2" }).catch((error) => error);
    expect(isExpired(old)).toBe(true);
    expect((old as StatusError).message).toMatch(/^too old resource version: 2 \(\d+\)$/);
    const future = await collect(later, { resourceVersion: "9999" }).catch((error) => error);
    expect((future as StatusError).code).toBe(504);
    // What was there when this process started is old, but nothing has happened since.
    const { events } = await collect(later, { resourceVersion: metadata.resourceVersion! });
    expect(told(events)).toEqual(["ADDED b"]);
  });

  it("a watcher that throws harms nobody", async () => {
    await using test = await TestRegistry.open();
    await test.store(configmaps).watch(context, everything, () => {
      throw new Error("no");
    });
    const { events } = await collect(test, {});
    await test.client.create(configmaps, labelled("a", "x"));
    expect(told(events)).toEqual(["ADDED a"]);
  });
});

describe("the in-process watch", () => {
  it("is an iteration that ends with its signal", async () => {
    await using test = await TestRegistry.open();
    const stop = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const event of test.client.watch(configmaps, { namespace: "default", signal: stop.signal })) {
        if (event.type !== "BOOKMARK") seen.push(event.object.metadata.name!);
        if (seen.length === 2) stop.abort();
      }
    })();
    await test.client.create(configmaps, labelled("a", "x"));
    await test.client.create(configmaps, labelled("b", "x"));
    await reading;
    expect(seen).toEqual(["a", "b"]);
  });
});

describe("random writes", () => {
  it("leave every client that lists and watches with the store's own state", async () => {
    const random = seededRandom();
    await using test = await TestRegistry.open();
    await test.addNamespace("other");
    const colors = ["red", "green", "blue"];
    const views = [
      {},
      { namespace: "other" },
      { labelSelector: "color=red" },
      { labelSelector: "color!=red", namespace: "default" },
      { fieldSelector: "metadata.name=m3" },
    ].map((scope): View => ({ scope, objects: new Map(), faults: [], stop: undefined }));
    for (let step = 0; step < 1500; step++) {
      const view = random.pick(views);
      if (random.below(20) === 0) await restart(test, view);
      const name = `m${random.below(8)}`;
      const namespace = random.pick(["default", "other"]);
      const target = { namespace, name };
      const color = random.pick(colors);
      const write = random.pick([
        () => test.client.create(configmaps, labelled(name, color, namespace)),
        () => test.client.delete(configmaps, target),
        () => test.client.patch(configmaps, target, { type: "merge", patch: { metadata: { labels: { color } } } }),
        () => test.client.patch(configmaps, target, { type: "merge", patch: { data: { step: String(step) } } }),
      ]);
      // Some at the same time as the next one.
      const written = write().catch((error) => {
        if (!(error instanceof StatusError)) throw error;
      });
      if (random.below(3) > 0) await written;
    }
    await test.client.create(configmaps, labelled("last", "red"));
    for (const { scope, objects, faults, stop } of views) {
      stop?.();
      const { items } = await test.client.list(configmaps, scope);
      const wanted = items.map((item) => `${keyOf(item)}@${item.metadata.resourceVersion}`);
      const seen = [...objects.values()].map((object) => `${keyOf(object)}@${object.metadata.resourceVersion}`);
      expect({ seed: random.seed, faults, seen: seen.sort() })
        .toEqual({ seed: random.seed, faults: [], seen: stop ? wanted.sort() : [] });
    }
  });
});

interface View {
  readonly scope: Partial<WatchRequest>;
  readonly objects: Map<string, KubeObject>;
  /** Events that do not follow from what came before. */
  readonly faults: string[];
  stop: (() => void) | undefined;
}

/** Lists and watches anew, as a client does that lost its connection. */
async function restart(test: TestRegistry, view: View): Promise<void> {
  view.stop?.();
  view.objects.clear();
  const { items, metadata } = await test.client.list(configmaps, view.scope);
  for (const item of items) view.objects.set(keyOf(item), item);
  // Writes that are under way may come in between.
  await Promise.resolve();
  const handle = await test.store(configmaps).watch(context, {
    ...everything,
    ...view.scope,
    resourceVersion: metadata.resourceVersion!,
  }, (event) => {
    if (event.type === "BOOKMARK") return;
    const { object } = event.entry;
    const key = keyOf(object);
    if (view.objects.has(key) === (event.type === "ADDED")) view.faults.push(`${event.type} ${key}`);
    if (event.type === "DELETED") view.objects.delete(key);
    else view.objects.set(key, object);
  });
  view.stop = () => handle.close();
}
