import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import type { Datastore, DatastoreError } from "../contract.ts";
import { put, reasonOf } from "../suite/engine.ts";
import { openSqlite } from "./open.ts";

async function inDirectory(body: (path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "skiff-datastore-" });
  try {
    await body(`${directory}/state.db`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function refusal(opening: Promise<Datastore>): Promise<{ reason: string; message: string }> {
  try {
    await (await opening).close();
  } catch (error) {
    const { reason, message } = error as DatastoreError;
    return { reason, message };
  }
  throw new Error("the store was opened");
}

/** A store of so many keys of 2 kB, with damaged pages in the middle of the table; the root pages stay. */
async function damaged(path: string, keys: number): Promise<void> {
  const store = await openSqlite({ path });
  for (let i = 0; i < keys; i++) await put(store, `k${String(i).padStart(3, "0")}`, "v".repeat(2000));
  await store.close();
  using file = await Deno.open(path, { write: true });
  await file.seek(60 * 4096, Deno.SeekMode.Start);
  await file.write(new Uint8Array(40 * 4096).fill(0xaa));
}

describe("openSqlite", () => {
  it("refuses a store that is open, and names the process", () =>
    inDirectory(async (path) => {
      const store = await openSqlite({ path });
      expect(await refusal(openSqlite({ path }))).toMatchObject({
        reason: "locked",
        message: expect.stringContaining("this process"),
      });
      const program = `
        import { openSqlite } from ${JSON.stringify(new URL("./open.ts", import.meta.url).href)};
        await openSqlite({ path: ${JSON.stringify(path)} }).catch((error) => console.log(error.reason, error.message));
      `;
      const other = await new Deno.Command(Deno.execPath(), { args: ["eval", "--no-check", program] }).output();
      const text = new TextDecoder().decode(other.stdout);
      expect(text).toContain("locked");
      if (Deno.build.os === "linux") expect(text).toContain(`process ${Deno.pid}`);
      await put(store, "a", "1");
      await store.close();
      const again = await openSqlite({ path });
      expect((await again.get("a")).item?.value).toBe("1");
      await again.close();
    }));

  it("refuses a file that is no database, or another program's", () =>
    inDirectory(async (path) => {
      await Deno.writeTextFile(path, "This is a text, and not at all a database.".repeat(100));
      expect(await refusal(openSqlite({ path }))).toMatchObject({
        reason: "corrupt",
        message: expect.stringContaining(path),
      });
      await Deno.remove(path);
      const other = new DatabaseSync(path);
      other.exec("CREATE TABLE cats (name TEXT)");
      other.close();
      expect(await refusal(openSqlite({ path }))).toMatchObject({
        reason: "corrupt",
        message: expect.stringContaining("another program"),
      });
    }));

  it("refuses a schema that it does not know", () =>
    inDirectory(async (path) => {
      await (await openSqlite({ path })).close();
      const db = new DatabaseSync(path);
      db.exec("PRAGMA user_version = 99");
      db.close();
      expect(await refusal(openSqlite({ path }))).toMatchObject({
        reason: "unavailable",
        message: expect.stringContaining("version 99"),
      });
    }));

  it("says so when the path cannot be a file", () =>
    inDirectory(async (path) => {
      await Deno.mkdir(path);
      expect(await refusal(openSqlite({ path }))).toMatchObject({
        reason: "unavailable",
        message: expect.stringContaining(path),
      });
    }));

  it("refuses a damaged file", () =>
    inDirectory(async (path) => {
      await damaged(path, 300);
      expect(await refusal(openSqlite({ path }))).toMatchObject({
        reason: "corrupt",
        message: expect.stringContaining(path),
      });
    }));

  it("fails what waits when its thread dies: writes with an unknown outcome", () =>
    inDirectory(async (path) => {
      const dying = `self.onmessage = ({ data: { id, call } }) => {
        if (call !== "open") throw new Error("out of memory");
        self.postMessage({ id, ok: true, result: { revision: 1, compacted: 0, swept: 0 }, slow: [] });
      };`;
      const store = await openSqlite({ path, workerUrl: `data:text/javascript,${encodeURIComponent(dying)}` });
      expect(await reasonOf(store.commit([{ kind: "put", key: "a", value: "1" }]))).toBe("unknownOutcome");
      expect(await reasonOf(store.get("a"))).toBe("unavailable");
      await store.close();
    }));

  it("takes back a write that was given up before it went to the disk", () =>
    inDirectory(async (path) => {
      const store = await openSqlite({ path });
      const controller = new AbortController();
      const first = store.commit([{ kind: "put", key: "a", value: "1" }], { signal: controller.signal });
      await Promise.resolve();
      await Promise.resolve();
      const second = store.commit([{ kind: "put", key: "a", value: "2" }], { signal: controller.signal });
      controller.abort();
      expect(await first).toEqual({ ok: true, revision: 2 });
      expect(await reasonOf(second)).toMatch(/AbortError/);
      expect((await store.get("a")).item?.value).toBe("1");
      await store.close();
    }));

  it("gives room back to the file system after a compaction", () =>
    inDirectory(async (path) => {
      const store = await openSqlite({ path });
      for (let round = 0; round < 40; round++) {
        const operations = Array.from(
          { length: 100 },
          (_, i) => ({ kind: "put" as const, key: `k${i}`, value: "v".repeat(3000) }),
        );
        await store.commit(operations);
      }
      await store.compact(await store.revision());
      await store.close();
      // 300 kB are live of 12 MB that were written; a megabyte may stay free for what comes.
      expect((await Deno.stat(path)).size).toBeLessThan(2_500_000);
    }));
});
