import { describe, expect, it } from "vitest";
import { configure, type LogRecord, reset } from "@logtape/logtape";
import type { Datastore } from "../contract.ts";
import { EVERYTHING, firstEvents, put, reasonOf, record } from "../suite/engine.ts";
import { lastId } from "../mvcc/row_id.ts";
import { LoopDelay } from "../suite/testing/loop_delay.ts";
import { mountTmpfs } from "../suite/testing/mounts.ts";
import { tamper } from "../suite/testing/system_calls.ts";
import { until } from "../suite/testing/wait.ts";
import { SqliteEngine } from "./engine.ts";
import { openSqlite } from "./open.ts";

/** Milliseconds that each fsync takes longer. */
const DELAY = 50;
/** For so long the store may block the event loop, in milliseconds. */
const MOST_BLOCKED = 10;

/** A small file system of its own at the directory, while `body` runs. */
async function mounted(body: (directory: string, remount: (option: "ro" | "rw") => Promise<void>) => Promise<void>) {
  await using mount = await mountTmpfs("3m");
  await body(mount.directory, (option) => mount.remount(option));
}

describe("sqlite on a disk with trouble", () => {
  it("refuses writes while the disk is full, serves reads, and goes on by itself when there is room", () =>
    mounted(async (directory) => {
      const store = await openSqlite({ path: `${directory}/state.db` });
      const seen = await record(store, { after: 1 });
      const first = await put(store, "first", "1");
      await Deno.writeFile(`${directory}/ballast`, new Uint8Array(1_500_000));
      let last = first;
      const reason = await reasonOf(async () => {
        for (let i = 0; i < 1000; i++) last = await put(store, `k${i}`, "v".repeat(20_000));
      });
      expect(reason).toBe("storageFull");
      for (let i = 0; i < 5; i++) expect(await reasonOf(put(store, "later", "v".repeat(50_000)))).toBe("storageFull");
      expect((await store.get("first")).item?.value).toBe("1");
      expect((await store.list(EVERYTHING)).items.length).toBe(last - 1);
      expect(await store.revision()).toBe(last);
      await Deno.remove(`${directory}/ballast`);
      expect(await put(store, "later", "v".repeat(50_000))).toBe(last + 1);
      expect(seen.events().length).toBe(last);
      await store.close();
      const again = await openSqlite({ path: `${directory}/state.db` });
      expect((await again.list(EVERYTHING)).items.length).toBe(last);
      await again.close();
    }));

  it("keeps what is held while the disk is full", () =>
    mounted(async (directory) => {
      const store = await openSqlite({ path: `${directory}/state.db` });
      const hold = (value: string) => store.commit([{ kind: "put", key: "held", value }], { held: true });
      await hold("0");
      await Deno.writeFile(`${directory}/ballast`, new Uint8Array(1_500_000));
      let full = false;
      for (let i = 0; i < 1000 && !full; i++) {
        full = await put(store, `k${i}`, "v".repeat(20_000)).then(
          () => false,
          ({ reason }) => reason === "storageFull",
        );
      }
      expect(full).toBe(true);
      const seen = await record(store, { after: await store.revision() });
      for (let i = 1; i <= 20; i++) expect((await hold(`${i} ${"v".repeat(3000)}`)).ok).toBe(true);
      expect(await reasonOf(put(store, "later", "v".repeat(50_000)))).toBe("storageFull");
      expect(await reasonOf(store.holding!.checkpoint())).toBe("storageFull");
      expect((await store.get("held")).item?.value.slice(0, 3)).toBe("20 ");
      expect((await hold("21")).ok).toBe(true);
      expect((await store.holding!.usage()).held).toBe(21);
      await Deno.remove(`${directory}/ballast`);
      await store.holding!.checkpoint();
      expect((await store.holding!.usage()).held).toBe(0);
      await put(store, "later", "1");
      expect(seen.events().length).toBe(22);
      await store.close();
      const again = await openSqlite({ path: `${directory}/state.db` });
      expect((await again.get("held")).item?.value).toBe("21");
      await again.close();
    }));

  it("refuses writes while the file system is read-only, goes on with reads and watches, and then with writes", async () => {
    await using directory = await temporary();
    const path = `${directory.path}/state.db`;
    const store = await openSqlite({ path });
    for (let i = 0; i < 5; i++) await put(store, `k${i}`, "1");
    const seen = await record(store, { after: 1 });
    {
      const calls = "openat,pwrite64,ftruncate,fsync,fdatasync";
      const paths = ["", "-wal", ".probe"].map((end) => `${path}${end}`);
      await using readOnly = await tamper(directory.path, { calls, effect: "error=EROFS", paths });
      for (let i = 0; i < 3; i++) {
        const refused = await put(store, "later", `${i}`).then(() => undefined, (error) => error);
        expect([refused?.reason, refused?.message]).toEqual(["readOnly", expect.stringContaining("writable again")]);
        expect(refused.message).toContain(path);
      }
      expect(await readOnly.count()).toBeGreaterThan(3);
      expect(await reasonOf(store.compact(4))).toBe("readOnly");
      expect((await store.list(EVERYTHING)).items.length).toBe(5);
      expect((await firstEvents(store, 4, { after: 2 })).length).toBe(4);
    }
    expect(await put(store, "later", "1")).toBe(7);
    expect(seen.events().length).toBe(6);
    await store.close();
    await using again = closing(await openSqlite({ path }));
    expect((await again.list(EVERYTHING)).items.length).toBe(6);
  });

  it("says that the file system is read-only", () =>
    mounted(async (directory, remount) => {
      await (await openSqlite({ path: `${directory}/state.db` })).close();
      await remount("ro");
      expect(await reasonOf(openSqlite({ path: `${directory}/state.db` }))).toBe("readOnly");
      await remount("rw");
      await (await openSqlite({ path: `${directory}/state.db` })).close();
    }));

  it("names a query that was slow in the log", async () => {
    await using directory = await temporary();
    await using store = closing(await openSqlite({ path: `${directory.path}/state.db` }));
    // Opening it has written, too.
    await put(store, "a", "0");
    const logged: LogRecord[] = [];
    await configure({
      reset: true,
      sinks: { kept: (record) => void logged.push(record) },
      loggers: [{ category: "skiff", sinks: ["kept"] }, { category: ["logtape", "meta"], sinks: [] }],
    });
    try {
      await using _ = await tamper(directory.path, { calls: "fsync,fdatasync", effect: "delay_enter=150ms" });
      await put(store, "a", "1");
    } finally {
      await reset();
    }
    const slow = logged.filter(({ properties }) => properties.query === "commit");
    expect(slow.length).toBe(1);
    expect(slow[0]!.properties.milliseconds).toBeGreaterThanOrEqual(150);
    expect(slow[0]!.level).toBe("warning");
    const commits = store.metrics!().queries.find(({ query }) => query === "commit")!;
    expect(commits.count - commits.within[5]!).toBe(1);
  });

  it("reports a compaction that stopped, and goes on with it by itself", { timeout: 60_000 }, async () => {
    await using directory = await temporary();
    const path = `${directory.path}/state.db`;
    await using store = closing(await openSqlite({ path }));
    for (let i = 0; i < 50; i++) await put(store, "a", `${i}`);
    const steps = () => store.metrics!().queries.find(({ query }) => query === "superseding")!.count;
    {
      // The mark of the compaction is written, the step after it fails.
      await using _ = await tamper(directory.path, {
        calls: "fsync,fdatasync",
        effect: "error=EIO:when=2",
        paths: [path, `${path}-wal`],
      });
      await store.compact(50);
      expect(store.metrics!().compactionFailures).toBe(1);
    }
    const failed = steps();
    await until("the compaction goes on", () => steps() > failed);
    await put(store, "a", "last");
    expect(store.metrics!().compactionFailures).toBe(1);
    await store.close();
    const engine = new SqliteEngine(path);
    expect(engine.position().swept).toBe(lastId(50));
    engine.close();
  });

  it("waits for a slow disk in its thread: the event loop, reads and watches go on", { timeout: 60_000 }, async () => {
    await using directory = await temporary();
    await using store = closing(await openSqlite({ path: `${directory.path}/state.db` }));
    const seen = await record(store, { after: 1 });
    await using slow = await tamper(directory.path, { calls: "fsync,fdatasync", effect: `delay_enter=${DELAY}ms` });
    const blocked: string[] = [];
    let longest = Infinity;
    let waits = 0;
    // The longest of each try; other things than the store may block the loop for a moment, but not each time.
    for (let tries = 0; tries < 5 && longest >= MOST_BLOCKED; tries++) {
      const delay = new LoopDelay();
      const ended = new AbortController();
      const reads = readOn(store, ended.signal);
      const times = await Promise.all(Array.from({ length: 16 }, async (_, writer) => {
        const begin = performance.now();
        for (let i = 0; i < 8; i++) await put(store, `w${writer}`, `${tries}-${i}`);
        return (performance.now() - begin) / 8;
      }));
      ended.abort();
      expect(await reads).toBeGreaterThan(0);
      // A commit cannot be faster than the disk, so the delay was there.
      expect(Math.min(...times)).toBeGreaterThan(DELAY);
      const measured = delay.stop();
      expect(measured.turns).toBeGreaterThan(DELAY);
      blocked.push(measured.longest.toFixed(1));
      longest = Math.min(longest, measured.longest);
      waits += 8;
      expect(await slow.count()).toBeGreaterThanOrEqual(waits);
    }
    console.log(`with ${DELAY} ms for an fsync, the event loop was blocked for at most ${blocked.join(", ")} ms`);
    expect(longest).toBeLessThan(MOST_BLOCKED);
    const revision = await store.revision();
    await until("the watch has come to the newest revision", () => seen.batches.at(-1)?.revision === revision);
    expect(seen.batches.filter(({ events }) => events.length > 0).map((batch) => batch.revision)).toEqual(
      Array.from({ length: revision - 1 }, (_, i) => i + 2),
    );
  });
});

/** How many reads were answered until the signal. */
async function readOn(store: Datastore, signal: AbortSignal): Promise<number> {
  for (let reads = 0;; reads++) {
    if (signal.aborted) return reads;
    await store.get("w0");
  }
}

async function temporary(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "skiff-datastore-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

function closing(store: Datastore): Datastore & AsyncDisposable {
  return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });
}
