import { expect } from "vitest";
import { prefixRange } from "../contract.ts";
import { type Case, EVERYTHING, put, reasonOf, remove, values } from "./engine.ts";

export function readCases(it: Case): void {
  it("starts at revision 1, with nothing in it", async (store) => {
    expect(await store.revision()).toBe(1);
    expect(await store.get("a")).toEqual({ revision: 1, item: undefined });
    expect(await store.list(EVERYTHING)).toEqual({ revision: 1, items: [], more: false });
    expect(await store.count(EVERYTHING)).toEqual({ revision: 1, count: 0 });
  });

  it("gets the newest value, or the one of a revision", async (store) => {
    const made = await put(store, "a", "1");
    const changed = await put(store, "a", "2");
    const gone = await remove(store, "a");
    const again = await put(store, "a", "3");
    const item = { key: "a", value: "1", createRevision: made, modRevision: made, version: 1 };
    expect(await store.get("a", { revision: made })).toEqual({ revision: again, item });
    expect((await store.get("a", { revision: changed })).item).toEqual({
      ...item,
      value: "2",
      modRevision: changed,
      version: 2,
    });
    expect((await store.get("a", { revision: gone })).item).toBeUndefined();
    expect((await store.get("a")).item).toEqual({
      key: "a",
      value: "3",
      createRevision: again,
      modRevision: again,
      version: 1,
    });
    expect((await store.get("a", { revision: 1 })).item).toBeUndefined();
  });

  it("refuses revisions that are not reached, and what is no revision", async (store) => {
    expect(await reasonOf(store.get("a", { revision: 2 }))).toBe("futureRevision");
    expect(await reasonOf(store.list(EVERYTHING, { revision: 99 }))).toBe("futureRevision");
    expect(await reasonOf(store.count(EVERYTHING, { revision: 2 }))).toBe("futureRevision");
    for (const revision of [0, -1, 1.5, NaN]) {
      expect(await reasonOf(store.get("a", { revision }))).toBe("invalidArgument");
      expect(await reasonOf(store.list(EVERYTHING, { revision }))).toBe("invalidArgument");
    }
  });

  it("lists half-open ranges in the order of the keys' UTF-8 bytes", async (store) => {
    const ascending = [
      "/",
      "/a",
      "/a/",
      "/a/b",
      "/a0",
      "/b",
      "a",
      "é",
      "\u{ffff}",
      "\u{1f600}",
      "\u{1f600}a",
      "\u{10fffe}",
    ];
    for (const key of ascending.toReversed()) await put(store, key, "");
    const keys = async (start: string, end: string) => (await store.list({ start, end })).items.map(({ key }) => key);
    expect(await keys("", "\u{10ffff}")).toEqual(ascending);
    expect(await keys("/a", "/b")).toEqual(["/a", "/a/", "/a/b", "/a0"]);
    expect(await keys("/a\0", "/b")).toEqual(["/a/", "/a/b", "/a0"]);
    expect(await keys("\u{e000}", "\u{1f600}a")).toEqual(["\u{ffff}", "\u{1f600}"]);
    expect(await keys("b", "a")).toEqual([]);
    expect(await keys("a", "a")).toEqual([]);
    const { start, end } = prefixRange("/a/");
    expect(await keys(start, end)).toEqual(["/a/", "/a/b"]);
    expect((await store.count(prefixRange("/a"))).count).toBe(4);
  });

  it("pages with a limit, all pages at one revision", async (store) => {
    for (let i = 0; i < 10; i++) await put(store, `k${i}`, `${i}`);
    const first = await store.list(EVERYTHING, { limit: 4 });
    expect(first.more).toBe(true);
    await put(store, "k5", "new");
    await remove(store, "k6");
    await put(store, "k55", "new");
    const seen = first.items.map(({ value }) => value);
    for (let page = first; page.more;) {
      page = await store.list({ start: page.items.at(-1)!.key + "\0", end: EVERYTHING.end }, {
        limit: 4,
        revision: page.revision,
      });
      seen.push(...page.items.map(({ value }) => value));
    }
    expect(seen).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    expect((await store.list(EVERYTHING, { limit: 10 })).more).toBe(false);
    expect((await store.list(EVERYTHING, { limit: 9 })).more).toBe(true);
    for (const limit of [0, -1, 1.5]) expect(await reasonOf(store.list(EVERYTHING, { limit }))).toBe("invalidArgument");
  });

  it("leaves out the values when only keys are wanted", async (store) => {
    const revision = await put(store, "a", "long");
    const { items } = await store.list(EVERYTHING, { keysOnly: true });
    expect(items).toEqual([{ key: "a", value: "", createRevision: revision, modRevision: revision, version: 1 }]);
  });

  it("counts and lists as of a revision", async (store) => {
    await put(store, "a", "1");
    const two = await put(store, "b", "1");
    await put(store, "a", "2");
    const removed = await remove(store, "b");
    await put(store, "c", "1");
    expect((await store.count(EVERYTHING, { revision: two })).count).toBe(2);
    expect((await store.count(EVERYTHING, { revision: removed })).count).toBe(1);
    expect((await store.count({ start: "a", end: "c" })).count).toBe(1);
    expect(await values(store, EVERYTHING, two)).toEqual(["a=1", "b=1"]);
    expect(await values(store, EVERYTHING, removed)).toEqual(["a=2"]);
    expect(await values(store)).toEqual(["a=2", "c=1"]);
  });

  it("lists more than fits a page of its own, complete and in order", async (store) => {
    const names = Array.from({ length: 3000 }, (_, i) => `k${String(i).padStart(5, "0")}`);
    for (let from = 0; from < names.length; from += 100) {
      const page = names.slice(from, from + 100);
      await store.commit(page.map((key) => ({ kind: "put" as const, key, value: `${key}-${"v".repeat(700)}` })));
    }
    const { items, more } = await store.list(EVERYTHING);
    expect(items.map(({ key }) => key)).toEqual(names);
    expect(items.every(({ key, value }) => value.startsWith(`${key}-`))).toBe(true);
    expect(more).toBe(false);
    expect((await store.list(EVERYTHING, { limit: 2999 })).more).toBe(true);
  });

  it("keeps any text but NUL", async (store) => {
    const value = "é \u{1f600} \u{ffff} \t\n \"\\ ' \u{1}\u{7f}";
    await put(store, "/\u{1f600}/'\"", value);
    expect((await store.get("/\u{1f600}/'\"")).item?.value).toBe(value);
    await put(store, "empty", "");
    expect((await store.get("empty")).item?.value).toBe("");
  });
}
