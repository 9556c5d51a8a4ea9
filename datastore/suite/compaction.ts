import { expect } from "vitest";
import { type Case, EVERYTHING, firstEvents, put, reasonOf, record, remove, values } from "./engine.ts";

export function compactionCases(it: Case): void {
  it("forgets what only older reads could see", async (store) => {
    await put(store, "a", "1");
    await put(store, "a", "2");
    await put(store, "b", "1");
    await remove(store, "b");
    await put(store, "a", "3");
    await store.compact(5);
    for (const revision of [1, 4]) {
      expect(await reasonOf(store.get("a", { revision }))).toBe("compacted");
      expect(await reasonOf(store.list(EVERYTHING, { revision }))).toBe("compacted");
      expect(await reasonOf(store.count(EVERYTHING, { revision }))).toBe("compacted");
      expect(await reasonOf(firstEvents(store, 1, { after: revision }))).toBe("compacted");
      expect(await reasonOf(record(store, { after: revision }))).toBe("compacted");
    }
    expect(await values(store, EVERYTHING, 5)).toEqual(["a=2"]);
    expect(await values(store)).toEqual(["a=3"]);
    expect((await store.count(EVERYTHING, { revision: 5 })).count).toBe(1);
    expect(await firstEvents(store, 1, { after: 5, previous: true })).toEqual([["put a=3 @6 from 2 v3 (was 2 @3)"]]);
    expect((await store.stats()).compactedRevision).toBe(5);
    expect((await store.stats()).watchers).toBe(0);
  });

  it("does nothing at or below an earlier compaction, and refuses the future", async (store) => {
    for (let i = 0; i < 5; i++) await put(store, "a", `${i}`);
    await store.compact(4);
    await store.compact(4);
    await store.compact(2);
    await store.compact(0);
    expect((await store.stats()).compactedRevision).toBe(4);
    expect(await values(store, EVERYTHING, 4)).toEqual(["a=2"]);
    expect(await reasonOf(store.compact(7))).toBe("futureRevision");
    expect(await reasonOf(store.compact(-1))).toBe("invalidArgument");
    await store.compact(6);
    expect(await values(store)).toEqual(["a=4"]);
  });

  it("keeps revisions, creation revisions and versions of what is left", async (store) => {
    const made = await put(store, "a", "1");
    await put(store, "b", "1");
    await remove(store, "b");
    const changed = await put(store, "a", "2");
    await remove(store, "a");
    await put(store, "c", "1");
    await store.compact(await store.revision());
    expect(await values(store)).toEqual(["c=1"]);
    expect(await store.revision()).toBe(7);
    expect((await store.commit([{ kind: "put", key: "a", value: "3", expect: changed }])).ok).toBe(false);
    expect((await store.get("a")).item).toBeUndefined();
    expect(made).toBe(2);
    expect(await put(store, "a", "3", 0)).toBe(8);
    expect((await store.get("a")).item?.version).toBe(1);
  });

  it("leaves running watches alone", async (store) => {
    const watching = firstEvents(store, 3, { after: 1 });
    const seen = await record(store, { after: 1 });
    await put(store, "a", "1");
    await store.compact(2);
    await put(store, "a", "2");
    await store.compact(3);
    await remove(store, "a");
    await store.compact(4);
    const expected = ["put a=1 @2 from 2 v1", "put a=2 @3 from 2 v2", "delete a @4"];
    expect((await watching).flat()).toEqual(expected);
    expect(seen.events()).toEqual(expected);
    seen.subscription.close();
  });

  it("gives a watch that starts during a compaction everything, or an error", async (store) => {
    for (let i = 0; i < 400; i++) await put(store, `k${i % 3}`, `${i}`);
    const starts = Array.from({ length: 20 }, async (_, i) => {
      const after = 1 + i * 20;
      try {
        const events = (await firstEvents(store, 401 - after, { after })).flat();
        expect(events.length).toBe(401 - after);
      } catch (error) {
        expect((error as { reason?: string }).reason).toBe("compacted");
      }
    });
    await Promise.all([...starts, store.compact(200), store.compact(300)]);
    expect(await reasonOf(firstEvents(store, 1, { after: 299 }))).toBe("compacted");
  });

  it("lists completely while it compacts and writes", async (store) => {
    const names = Array.from({ length: 2500 }, (_, i) => `k${String(i).padStart(4, "0")}`);
    const write = async (round: number) => {
      for (let from = 0; from < names.length; from += 125) {
        await store.commit(
          names.slice(from, from + 125).map((key) => ({ kind: "put" as const, key, value: `${round}`.repeat(300) })),
        );
      }
    };
    await write(1);
    const lists = Array.from({ length: 6 }, async () => {
      const { items } = await store.list(EVERYTHING);
      expect(items.map(({ key }) => key)).toEqual(names);
    });
    const writing = write(2);
    for (let i = 0; i < 10; i++) await store.compact(await store.revision());
    await Promise.all([...lists, writing]);
    await store.compact(await store.revision());
    expect(await values(store)).toEqual(names.map((key) => `${key}=${"2".repeat(300)}`));
  });
}
