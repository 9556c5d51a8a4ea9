import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../api/clock.ts";
import { seededRandom } from "../api/meta/_seeded_random.ts";
import { configmaps, pods } from "../api/resources.ts";
import { serviceUnavailable } from "../api/status.ts";
import type { ConfigMap } from "../api/types/core_v1.ts";
import type { Informer } from "./informer_contract.ts";
import { createInformerFactory } from "./informers.ts";
import { MemoryClient } from "./testing/memory_client.ts";

describe("createInformerFactory", () => {
  let clock: ManualClock;
  let client: MemoryClient;
  let stop: AbortController;

  beforeEach(() => {
    clock = new ManualClock();
    client = new MemoryClient(clock);
    stop = new AbortController();
  });

  afterEach(() => stop.abort());

  const settle = () => clock.advance(0);
  const put = (name: string, value: string, namespace = "default") =>
    client.create(configmaps, { metadata: { name, namespace }, data: { value } });

  function logged(informer: Informer<ConfigMap>): string[] {
    const log: string[] = [];
    informer.onChange((change) => {
      const from = change.type === "updated" ? `${change.previous.data?.["value"]}>` : "";
      log.push(`${change.type} ${change.object.metadata.name} ${from}${change.object.data?.["value"]}`);
    });
    return log;
  }

  it("lists, then follows the changes", async () => {
    await put("a", "1");
    const factory = createInformerFactory(client, { clock });
    const informer = factory.informer(configmaps);
    const log = logged(informer);
    expect(informer.synced).toBe(false);
    factory.start(stop.signal);
    await factory.whenSynced();
    const b = await put("b", "1");
    await client.update(configmaps, { ...b, data: { value: "2" } });
    await client.delete(configmaps, { namespace: "default", name: "a" });
    await settle();
    expect(log).toEqual(["added a 1", "added b 1", "updated b 1>2", "deleted a 1"]);
    expect(informer.list().map(({ metadata }) => metadata.name)).toEqual(["b"]);
    expect(informer.get("default/b")).toBe(client.all(configmaps)[0]);
  });

  it("hands a late handler what there is", async () => {
    await put("a", "1");
    const factory = createInformerFactory(client, { clock });
    const informer = factory.informer(configmaps);
    factory.start(stop.signal);
    await factory.whenSynced();
    expect(logged(informer)).toEqual(["added a 1"]);
  });

  it("shares one list and one watch among all who ask", async () => {
    const factory = createInformerFactory(client, { clock });
    expect(factory.informer(pods)).toBe(factory.informer(pods));
    expect(factory.informer(pods)).not.toBe(factory.informer(pods, { namespace: "x" }));
    factory.start(stop.signal);
    await factory.whenSynced();
    expect(client.calls.filter(({ verb }) => verb === "list")).toHaveLength(2);
  });

  it("starts an informer that is asked for after the start", async () => {
    await put("a", "1");
    const factory = createInformerFactory(client, { clock });
    factory.start(stop.signal);
    const informer = factory.informer(configmaps);
    await informer.whenSynced();
    expect(informer.list()).toHaveLength(1);
  });

  it("keeps indexes", async () => {
    const factory = createInformerFactory(client, { clock });
    const informer = factory.informer(configmaps);
    informer.addIndex("value", (object) => [object.data?.["value"] ?? ""]);
    factory.start(stop.signal);
    await factory.whenSynced();
    const a = await put("a", "1");
    await put("b", "1", "other");
    await client.update(configmaps, { ...a, data: { value: "2" } });
    await settle();
    expect(informer.byIndex("value", "1").map(({ metadata }) => metadata.name)).toEqual(["b"]);
    expect(informer.byIndex("value", "2").map(({ metadata }) => metadata.name)).toEqual(["a"]);
    expect(informer.list("other").map(({ metadata }) => metadata.name)).toEqual(["b"]);
    expect(() => informer.byIndex("none", "1")).toThrow(RangeError);
    expect(() => informer.addIndex("late", () => [])).toThrow(RangeError);
  });

  it("goes on where it was when the watch is lost", async () => {
    const factory = createInformerFactory(client, { clock });
    const log = logged(factory.informer(configmaps));
    factory.start(stop.signal);
    await factory.whenSynced();
    await put("a", "1");
    await settle();
    client.dropWatches();
    await put("b", "1");
    await clock.advance(5_000);
    expect(log).toEqual(["added a 1", "added b 1"]);
    expect(client.calls.filter(({ verb }) => verb === "list")).toHaveLength(1);
  });

  it("lists anew when its version is gone, and tells what changed meanwhile", async () => {
    const factory = createInformerFactory(client, { clock });
    const informer = factory.informer(configmaps);
    const log = logged(informer);
    factory.start(stop.signal);
    await factory.whenSynced();
    for (const name of ["kept", "changed", "removed", "remade"]) await put(name, "1");
    await settle();
    log.length = 0;
    client.dropWatches();
    await client.patch(configmaps, { namespace: "default", name: "changed" }, {
      type: "merge",
      patch: { data: { value: "2" } },
    });
    await client.delete(configmaps, { namespace: "default", name: "removed" });
    await client.delete(configmaps, { namespace: "default", name: "remade" });
    await put("remade", "2");
    await put("new", "1");
    client.dropWatches(true);
    await clock.advance(10_000);
    expect(log.sort()).toEqual([
      "added new 1",
      "added remade 2",
      "deleted remade 1",
      "deleted removed 1",
      "updated changed 1>2",
    ]);
    expect(client.calls.filter(({ verb }) => verb === "list")).toHaveLength(2);
  });

  it("keeps trying with a growing back-off while the server is away", async () => {
    client.intercept = () => {
      throw serviceUnavailable("away");
    };
    const factory = createInformerFactory(client, { clock, random: () => 0 });
    const informer = factory.informer(configmaps);
    factory.start(stop.signal);
    await settle();
    await clock.advance(800 * 31);
    expect(client.calls.length).toBe(6);
    client.intercept = undefined;
    await clock.advance(60_000);
    expect(informer.synced).toBe(true);
  });

  it("fetches long lists in pages", async () => {
    for (let i = 0; i < 5; i++) await put(`c${i}`, "1");
    const factory = createInformerFactory(client, { clock, pageSize: 2 });
    const informer = factory.informer(configmaps);
    factory.start(stop.signal);
    await factory.whenSynced();
    expect(informer.list()).toHaveLength(5);
    expect(client.calls.filter(({ verb }) => verb === "list")).toHaveLength(3);
  });

  it("survives a handler that throws", async () => {
    const factory = createInformerFactory(client, { clock });
    const informer = factory.informer(configmaps);
    informer.onChange(() => {
      throw new Error("broken");
    });
    const log = logged(informer);
    factory.start(stop.signal);
    await put("a", "1");
    await factory.whenSynced();
    await settle();
    expect(log).toEqual(["added a 1"]);
  });

  it("rejects who waits for it with the reason of their signal", async () => {
    const informer = createInformerFactory(client, { clock }).informer(configmaps);
    const reason = new Error("enough");
    await expect(informer.whenSynced(AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it("always converges to what is stored", async () => {
    const random = seededRandom();
    const factory = createInformerFactory(client, { clock });
    const informer = factory.informer(configmaps);
    const known = new Map<string, string>();
    informer.onChange(({ type, object }) => {
      const { name = "", uid = "" } = object.metadata;
      const place = `${name} ${uid}`;
      const isThere = known.has(place);
      if (isThere === (type === "added")) throw new Error(`${type} ${place}, seed ${random.seed}`);
      if (type === "deleted") known.delete(place);
      else known.set(place, object.data?.["value"] ?? "");
    });
    factory.start(stop.signal);
    for (let i = 0; i < 400; i++) {
      const name = `n${random.below(6)}`;
      const target = { namespace: "default", name };
      const value = String(i);
      const patch = { type: "merge", patch: { data: { value } } } as const;
      const acts = [
        () => put(name, value),
        () => client.patch(configmaps, target, patch),
        () => client.delete(configmaps, target),
        async () => client.dropWatches(random.below(2) === 0),
        () => clock.advance(random.below(2000)),
      ];
      await random.pick(acts)().catch(() => {});
    }
    await clock.advance(60_000);
    const stored = client.all(configmaps).map(({ metadata, data }) =>
      `${metadata.name} ${metadata.uid} ${data?.["value"]}`
    );
    const followed = [...known].map(([place, value]) => `${place} ${value}`);
    expect({ seed: random.seed, objects: followed.sort() }).toEqual({ seed: random.seed, objects: stored.sort() });
    expect(informer.list()).toHaveLength(stored.length);
  });
});
