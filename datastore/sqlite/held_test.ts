import { describe, expect, it } from "vitest";
import type { Datastore } from "../contract.ts";
import { EVERYTHING, firstEvents, reasonOf, values } from "../suite/engine.ts";
import { openSqlite } from "./open.ts";

async function inDirectory(body: (path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "skiff-datastore-" });
  try {
    await body(`${directory}/state.db`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** What a crash of the machine would leave of an open store. */
async function crashed(path: string): Promise<Datastore> {
  for (const end of ["", "-wal"]) await Deno.copyFile(`${path}${end}`, `${path}.crashed${end}`);
  return await openSqlite({ path: `${path}.crashed` });
}

async function put(store: Datastore, key: string, value: string, held = false): Promise<number> {
  return (await store.commit([{ kind: "put", key, value }], { held })).revision;
}

describe("held commits", () => {
  it("reach the disk with the next one that is not held, or with a checkpoint, and not before", () =>
    inDirectory(async (path) => {
      await using store = closing(await openSqlite({ path }));
      await put(store, "a", "durable");
      // The first one reserves revisions, and is on the disk by that.
      await put(store, "b", "first held", true);
      const written = async () => (await store.holding!.usage()).writtenBytes!;
      const before = await written();
      for (let i = 0; i < 100; i++) await put(store, "b", `${i}`, true);
      expect(await written()).toBe(before);
      expect((await store.holding!.usage()).held).toBe(100);
      expect(await values(store)).toEqual(["a=durable", "b=99"]);
      await put(store, "a", "durable again");
      expect((await store.holding!.usage()).held).toBe(0);
      {
        await using copy = closing(await crashed(path));
        expect(await values(copy)).toEqual(["a=durable again", "b=99"]);
      }
      await put(store, "b", "held", true);
      {
        await using copy = closing(await crashed(path));
        expect(await values(copy)).toEqual(["a=durable again", "b=99"]);
      }
      await store.holding!.checkpoint();
      {
        await using copy = closing(await crashed(path));
        expect(await values(copy)).toEqual(["a=durable again", "b=held"]);
      }
    }));

  it("never give their revisions to others after a crash, whose watchers must list again", () =>
    inDirectory(async (path) => {
      await using store = closing(await openSqlite({ path }));
      const durable = await put(store, "a", "1");
      await put(store, "b", "1", true);
      let newest = 0;
      for (let i = 0; i < 10; i++) newest = await put(store, "b", `${i}`, true);
      {
        await using copy = closing(await crashed(path));
        expect(await copy.revision()).toBeGreaterThan(newest);
        for (const after of [durable, newest]) {
          expect(await reasonOf(firstEvents(copy, 1, { after }))).toBe("compacted");
        }
        expect(await values(copy)).toEqual(["a=1", "b=1"]);
        const revision = await put(copy, "b", "2");
        expect(await firstEvents(copy, 1, { after: revision - 1 })).toEqual([[
          `put b=2 @${revision} from ${durable + 1} v2`,
        ]]);
      }
      await using again = closing(await openSqlite({ path: `${path}.crashed` }));
      const revision = await again.revision();
      expect(await put(again, "c", "1")).toBe(revision + 1);
    }));

  it("leave revisions without a hole when the store was closed", () =>
    inDirectory(async (path) => {
      const store = await openSqlite({ path });
      await put(store, "a", "1", true);
      const newest = await put(store, "a", "2", true);
      await store.close();
      await using again = closing(await openSqlite({ path }));
      expect(await again.revision()).toBe(newest);
      expect(await firstEvents(again, 2, { after: 1 })).toEqual([["put a=1 @2 from 2 v1"], ["put a=2 @3 from 2 v2"]]);
      expect((await again.list(EVERYTHING)).items.length).toBe(1);
    }));

  it("go to the disk when they become many", () =>
    inDirectory(async (path) => {
      await using store = closing(await openSqlite({ path }));
      for (let i = 0; i < 30; i++) await put(store, `k${i}`, "v".repeat(100_000), true);
      const { held } = await store.holding!.usage();
      expect(held).toBeGreaterThan(0);
      expect(held).toBeLessThan(12);
      await using copy = closing(await crashed(path));
      expect((await copy.list(EVERYTHING, { keysOnly: true })).items.length).toBe(30 - held!);
    }));
});

function closing(store: Datastore): Datastore & AsyncDisposable {
  return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });
}
