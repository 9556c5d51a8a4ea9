import { expect } from "vitest";
import type { Datastore } from "../contract.ts";
import { openMemory } from "../memory/memory_datastore.ts";
import { type Case, EVERYTHING, firstEvents, put, reasonOf, record, remove, values } from "./engine.ts";

function stream(text: string): ReadableStream<Uint8Array> {
  return new Response(text).body!;
}

async function fill(store: Datastore): Promise<void> {
  await put(store, "/a", "old");
  await put(store, "/é\u{1f600}", 'a "quoted"\n value');
  await put(store, "/a", "new");
  await store.commit([{ kind: "put", key: "/b", value: "1" }, { kind: "put", key: "/c", value: "2" }]);
  await put(store, "/d", "gone");
  await remove(store, "/d");
}

export function snapshotCases(it: Case): void {
  it("restores its own and the memory engine's snapshots, which are the same bytes", async (store, home) => {
    await using other = disposable(openMemory());
    await fill(store);
    await fill(other.store);
    const text = await new Response(store.snapshot()).text();
    expect(text).toBe(await new Response(other.store.snapshot()).text());
    expect(text.split("\n").length).toBe(6);
    expect(JSON.parse(text.split("\n")[0]!).revision).toBe(7);
    const { items } = await store.list(EVERYTHING);

    await using copy = disposable(openMemory());
    expect(await copy.store.restore(stream(text))).toEqual({ revision: 7, keys: 4 });
    expect(await copy.store.list(EVERYTHING)).toEqual({ revision: 7, items, more: false });
    void home;
  });

  it("goes on from a restored snapshot", async (store) => {
    await using source = disposable(openMemory());
    await fill(source.store);
    const { items } = await source.store.list(EVERYTHING);
    expect(await store.restore(source.store.snapshot())).toEqual({ revision: 7, keys: 4 });
    expect(await store.list(EVERYTHING)).toEqual({ revision: 7, items, more: false });
    expect(await store.stats()).toMatchObject({ revision: 7, compactedRevision: 7, keys: 4 });
    expect(await reasonOf(store.get("/a", { revision: 6 }))).toBe("compacted");
    expect(await reasonOf(firstEvents(store, 1, { after: 6 }))).toBe("compacted");
    expect(await put(store, "/a", "newer", 4)).toBe(8);
    expect((await store.get("/a")).item).toEqual({
      key: "/a",
      value: "newer",
      createRevision: 2,
      modRevision: 8,
      version: 3,
    });
    expect(await firstEvents(store, 1, { after: 7, previous: true })).toEqual([[
      "put /a=newer @8 from 2 v3 (was new @4)",
    ]]);
    await store.compact(8);
    expect(await values(store)).toEqual(["/a=newer", "/b=1", "/c=2", '/é\u{1f600}=a "quoted"\n value']);
    await put(store, "/b", "2", 5);
  });

  it("takes its snapshot as of one revision, whatever is written meanwhile", async (store) => {
    const names = Array.from({ length: 2000 }, (_, i) => `k${String(i).padStart(4, "0")}`);
    const write = async (value: string) => {
      for (let from = 0; from < names.length; from += 100) {
        await store.commit(names.slice(from, from + 100).map((key) => ({ kind: "put" as const, key, value })));
      }
    };
    await write("1".repeat(200));
    const reader = store.snapshot().getReader();
    const first = (await reader.read()).value!;
    await write("2".repeat(200));
    await store.compact(await store.revision());
    let text = new TextDecoder().decode(first);
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += new TextDecoder().decode(part.value);
    }
    const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ revision: 21, keys: 2000 });
    expect(lines.slice(1).map(({ key }) => key)).toEqual(names);
    expect(new Set(lines.slice(1).map(({ value }) => value))).toEqual(new Set(["1".repeat(200)]));
    const cancelled = store.snapshot();
    await cancelled.cancel();
  });

  it("restores only into a new store that nobody watches", async (store) => {
    await using source = disposable(openMemory());
    await fill(source.store);
    const seen = await record(store, { after: 1 });
    expect(await reasonOf(store.restore(source.store.snapshot()))).toBe("invalidArgument");
    seen.subscription.close();
    await put(store, "a", "1");
    expect(await reasonOf(store.restore(source.store.snapshot()))).toBe("notEmpty");
    await remove(store, "a");
    expect(await reasonOf(store.restore(source.store.snapshot()))).toBe("notEmpty");
  });

  it("names the broken line of a snapshot, and stays empty", async (store) => {
    const header = '{"format":"skiff-snapshot","version":1,"revision":9,"keys":2}';
    const item = (key: string, more = {}) =>
      JSON.stringify({ key, value: "v", createRevision: 2, modRevision: 3, version: 1, ...more });
    const broken: [string, string][] = [
      ["", "line 1 "],
      ["hello\n", "line 1 "],
      ["{}\n", "line 1 "],
      [header.replace(":1,", ":2,") + "\n", "version 2"],
      [header.replace("9", "0") + "\n", "line 1 "],
      [`${header}\n${item("a")}\n`, "line 3 "],
      [`${header}\n${item("a")}\n${item("b")}\n${item("c")}\n`, "line 4 "],
      [`${header}\n${item("a")}\n${item("b")}`, "line 3 of the snapshot is cut off"],
      [`${header}\n${item("a")}\n{"key":"b"\n`, "line 3 "],
      [`${header}\n${item("a")}\nnull\n`, "line 3 "],
      [`${header}\n${item("b")}\n${item("a")}\n`, "line 3 "],
      [`${header}\n${item("a")}\n${item("b", { modRevision: 10 })}\n`, "line 3 "],
      [`${header}\n${item("a", { version: 0 })}\n${item("b")}\n`, "line 2 "],
      [`${header}\n${item("a", { value: 7 })}\n${item("b")}\n`, "line 2 "],
      [`${header}\n${item("a", { value: "\0" })}\n${item("b")}\n`, "line 2 "],
    ];
    for (const [text, message] of broken) {
      const error = await store.restore(stream(text)).then(() => undefined, (error) => error);
      expect([error?.reason, error?.message]).toEqual(["corrupt", expect.stringContaining(message)]);
      expect(await store.list(EVERYTHING)).toEqual({ revision: 1, items: [], more: false });
    }
    expect(await reasonOf(store.restore(new Response(new Uint8Array([0xff, 0xfe, 0xff])).body!))).toBe("corrupt");
    expect(await store.restore(stream(`${header}\n${item("a")}\n${item("b")}\n`))).toEqual({ revision: 9, keys: 2 });
    expect(await put(store, "c", "1")).toBe(10);
  });
}

function disposable(store: Datastore) {
  return { store, [Symbol.asyncDispose]: () => store.close() };
}
