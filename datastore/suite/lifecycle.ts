import { expect } from "vitest";
import { type Case, type Engine, EVERYTHING, firstEvents, put, reasonOf, record, remove, values } from "./engine.ts";

export function lifecycleCases(engine: Engine, it: Case): void {
  it("ends watches when it closes, and refuses what comes later", async (store) => {
    await put(store, "a", "1");
    const ended = (async () => {
      for await (const _ of store.watch(EVERYTHING, { after: 1 }));
    })();
    await record(store, { after: 1 });
    await store.close();
    await ended;
    await store.close();
    expect(await reasonOf(() => store.get("a"))).toBe("closed");
    expect(await reasonOf(() => store.list(EVERYTHING))).toBe("closed");
    expect(await reasonOf(() => store.count(EVERYTHING))).toBe("closed");
    expect(await reasonOf(() => store.commit([{ kind: "put", key: "a", value: "1" }]))).toBe("closed");
    expect(await reasonOf(() => store.commit([]))).toBe("closed");
    expect(await reasonOf(() => firstEvents(store, 1, { after: 1 }))).toBe("closed");
    expect(await reasonOf(() => record(store, { after: 1 }))).toBe("closed");
    expect(await reasonOf(() => store.revision())).toBe("closed");
    expect(await reasonOf(() => store.compact(1))).toBe("closed");
    expect(await reasonOf(() => store.stats())).toBe("closed");
    expect(await reasonOf(() => new Response(store.snapshot()).text())).toBe("closed");
    expect(await reasonOf(() => store.restore(new Response("").body!))).toBe("closed");
  });

  it("waits for running commits when it closes", async (store) => {
    const commits = Array.from({ length: 40 }, (_, i) => put(store, `k${i}`, "1"));
    const closing = store.close();
    const again = store.close();
    expect((await Promise.all(commits)).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i + 2));
    await Promise.all([closing, again]);
  });

  it("tells about itself", async (store) => {
    const seen = await record(store, { after: 1 });
    await put(store, "a", "1".repeat(1000));
    await put(store, "b", "1");
    await remove(store, "b");
    const { bytes, ...stats } = await store.stats();
    expect(stats).toMatchObject({ durable: engine.durable, revision: 4, compactedRevision: 0, keys: 1, watchers: 1 });
    expect(bytes).toBeGreaterThan(1000);
    seen.subscription.close();
  });

  if (!engine.durable) return;

  it("has everything again when it is opened again", async (store, home) => {
    await put(store, "a", "1");
    await put(store, "a", "2");
    await put(store, "b", "1");
    await store.compact(3);
    await store.commit([{ kind: "delete", key: "b" }, { kind: "put", key: "c", value: "1" }]);
    const { items } = await store.list(EVERYTHING);
    const history = await firstEvents(store, 3, { after: 3, previous: true });
    await store.close();
    const again = await home.open();
    try {
      expect(await again.list(EVERYTHING)).toEqual({ revision: 5, items, more: false });
      expect(await reasonOf(again.get("a", { revision: 2 }))).toBe("compacted");
      expect(await values(again, EVERYTHING, 4)).toEqual(["a=2", "b=1"]);
      expect(await firstEvents(again, 3, { after: 3, previous: true })).toEqual(history);
      expect((await again.stats()).keys).toBe(2);
      expect(await put(again, "c", "2", 5)).toBe(6);
    } finally {
      await again.close();
    }
  });

  it("keeps its revision when nothing else is left", async (store, home) => {
    await put(store, "a", "1");
    await remove(store, "a");
    await store.compact(3);
    await store.close();
    const again = await home.open();
    try {
      expect(await again.revision()).toBe(3);
      expect(await put(again, "a", "1", 0)).toBe(4);
    } finally {
      await again.close();
    }
  });
}
