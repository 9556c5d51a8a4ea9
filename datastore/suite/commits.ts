import { expect } from "vitest";
import { MAX_OPERATIONS, MAX_VALUE_BYTES, type Operation } from "../contract.ts";
import { type Case, put, reasonOf, record, remove, values } from "./engine.ts";

export function commitCases(it: Case): void {
  it("gives each commit the next revision, and all its operations the same", async (store) => {
    await put(store, "old", "0");
    const result = await store.commit([
      { kind: "put", key: "b", value: "1" },
      { kind: "delete", key: "old" },
      { kind: "put", key: "a", value: "1" },
    ]);
    expect(result).toEqual({ ok: true, revision: 3 });
    const { items } = await store.list({ start: "a", end: "z" });
    expect(items.map(({ key, modRevision }) => [key, modRevision])).toEqual([["a", 3], ["b", 3]]);
    expect(await store.revision()).toBe(3);
    expect(await put(store, "a", "2")).toBe(4);
  });

  it("counts versions, and starts over after a deletion", async (store) => {
    const made = await put(store, "a", "1");
    await put(store, "b", "1");
    const changed = await put(store, "a", "1");
    expect((await store.get("a")).item).toEqual({
      key: "a",
      value: "1",
      createRevision: made,
      modRevision: changed,
      version: 2,
    });
    await remove(store, "a");
    const again = await put(store, "a", "1");
    expect((await store.get("a")).item).toEqual({
      key: "a",
      value: "1",
      createRevision: again,
      modRevision: again,
      version: 1,
    });
  });

  it("compares before it sets", async (store) => {
    const made = await put(store, "a", "1", 0);
    const actual = { key: "a", value: "1", createRevision: made, modRevision: made, version: 1 };
    expect(await store.commit([{ kind: "put", key: "a", value: "2", expect: 0 }])).toEqual({
      ok: false,
      revision: made,
      conflicts: [{ index: 0, actual }],
    });
    expect(await store.commit([{ kind: "put", key: "gone", value: "2", expect: made }])).toEqual({
      ok: false,
      revision: made,
      conflicts: [{ index: 0, actual: undefined }],
    });
    const changed = await put(store, "a", "2", made);
    expect((await store.commit([{ kind: "delete", key: "a", expect: made }])).ok).toBe(false);
    expect((await store.commit([{ kind: "delete", key: "a", expect: 0 }])).ok).toBe(false);
    expect((await store.commit([{ kind: "delete", key: "a", expect: changed }])).ok).toBe(true);
    expect((await store.commit([{ kind: "delete", key: "a", expect: changed }])).ok).toBe(false);
    expect((await store.commit([{ kind: "put", key: "a", value: "3", expect: changed }])).ok).toBe(false);
    await put(store, "a", "3", 0);
  });

  it("does all of a commit or nothing, and names every conflict", async (store) => {
    const a = await put(store, "a", "1");
    const b = await put(store, "b", "1");
    const result = await store.commit([
      { kind: "put", key: "c", value: "1", expect: 0 },
      { kind: "put", key: "a", value: "2", expect: b },
      { kind: "delete", key: "b" },
      { kind: "delete", key: "d", expect: 7 },
    ]);
    expect(result).toEqual({
      ok: false,
      revision: b,
      conflicts: [
        { index: 1, actual: { key: "a", value: "1", createRevision: a, modRevision: a, version: 1 } },
        { index: 3, actual: undefined },
      ],
    });
    expect(await values(store)).toEqual(["a=1", "b=1"]);
    expect(await store.revision()).toBe(b);
  });

  it("takes no revision for a commit that changes nothing", async (store) => {
    const made = await put(store, "a", "1");
    const seen = await record(store, { after: made });
    expect(await store.commit([])).toEqual({ ok: true, revision: made });
    expect(await store.commit([{ kind: "delete", key: "x" }])).toEqual({ ok: true, revision: made });
    expect(await store.commit([{ kind: "delete", key: "x", expect: 0 }])).toEqual({ ok: true, revision: made });
    expect(await store.revision()).toBe(made);
    expect(seen.events()).toEqual([]);
    const changed = await store.commit([{ kind: "delete", key: "x" }, { kind: "put", key: "a", value: "2" }]);
    expect(changed).toEqual({ ok: true, revision: made + 1 });
    expect(seen.events()).toEqual([`put a=2 @${made + 1} from ${made} v2`]);
    seen.subscription.close();
  });

  it("refuses what is no commit, and changes nothing", async (store) => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, i): Operation => ({ kind: "put", key: `k${i}`, value: "" }));
    const refused: Operation[][] = [
      many(MAX_OPERATIONS + 1),
      [{ kind: "put", key: "a", value: "1" }, { kind: "delete", key: "a" }],
      [{ kind: "put", key: "", value: "1" }],
      [{ kind: "put", key: "a", value: "1", expect: -1 }],
      [{ kind: "put", key: "a", value: "1", expect: 1.5 }],
      [{ kind: "put", key: "a\0b", value: "1" }],
      [{ kind: "put", key: "a", value: "1\0" }],
      [{ kind: "put", key: "\ud800", value: "1" }],
      [{ kind: "put", key: "a", value: "\udc00" }],
      [{ kind: "put", key: "k".repeat(5000), value: "1" }],
      [{ kind: "put", key: "a", value: "é".repeat(MAX_VALUE_BYTES / 2 + 1) }],
    ];
    for (const operations of refused) expect(await reasonOf(store.commit(operations))).toBe("invalidArgument");
    expect(await store.revision()).toBe(1);
    expect((await store.commit(many(MAX_OPERATIONS))).ok).toBe(true);
    expect((await store.commit([{ kind: "put", key: "big", value: "é".repeat(MAX_VALUE_BYTES / 2) }])).ok).toBe(true);
    expect((await store.get("big")).item?.value.length).toBe(MAX_VALUE_BYTES / 2);
  });

  it("lets one of many racing writers win", async (store) => {
    const made = await put(store, "a", "0");
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, i) => store.commit([{ kind: "put", key: "a", value: `${i}`, expect: made }])),
    );
    expect(results.filter(({ ok }) => ok).length).toBe(1);
    expect(await store.revision()).toBe(made + 1);
    const winner = results.findIndex(({ ok }) => ok);
    for (const result of results) if (!result.ok) expect(result.conflicts[0]?.actual?.value).toBe(`${winner}`);
  });

  it("hands out revisions without holes under concurrent writers", async (store) => {
    const seen = await record(store, { after: 1 });
    const results = await Promise.all(Array.from({ length: 300 }, (_, i) => put(store, `k${i % 7}`, `${i}`)));
    expect(results.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, i) => i + 2));
    expect(seen.batches.flatMap(({ events, revision }) => events.length > 0 ? [revision] : [])).toEqual(
      Array.from({ length: 300 }, (_, i) => i + 2),
    );
    seen.subscription.close();
  });

  it("does nothing for a caller that has given up before", async (store) => {
    const reason = new Error("given up");
    const signal = AbortSignal.abort(reason);
    await expect(store.commit([{ kind: "put", key: "a", value: "1" }], { signal })).rejects.toBe(reason);
    await expect(store.get("a", { signal })).rejects.toBe(reason);
    await expect(store.list({ start: "", end: "z" }, { signal })).rejects.toBe(reason);
    await expect(store.count({ start: "", end: "z" }, { signal })).rejects.toBe(reason);
    await expect(store.revision({ signal })).rejects.toBe(reason);
    await expect(store.compact(1, { signal })).rejects.toBe(reason);
    expect(await store.revision()).toBe(1);
  });
}
