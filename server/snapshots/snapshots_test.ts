import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ManualClock } from "../../api/clock.ts";
import { type Datastore, DatastoreError } from "../../datastore/contract.ts";
import { openMemory } from "../../datastore/memory/memory_datastore.ts";
import { openSqlite } from "../../datastore/sqlite/open.ts";
import { withAdvice } from "./advice.ts";
import type { SnapshotError } from "./error.ts";
import { migrate } from "./migrate.ts";
import { restoreFile } from "./restore.ts";
import { startSnapshots } from "./schedule.ts";
import { SnapshotDirectory } from "./snapshot_directory.ts";
import { readSnapshot } from "./snapshot_file.ts";
import { parseSnapshotName, snapshotName } from "./snapshot_name.ts";

const NOON = Date.UTC(2026, 0, 2, 12, 0, 0);
const MINUTE = 60_000;

async function filled(): Promise<Datastore> {
  const store = openMemory();
  for (let i = 0; i < 300; i++) {
    await store.commit([{
      kind: "put",
      key: `/registry/configmaps/default/c${i % 100}`,
      value: `${i}${"é".repeat(500)}`,
    }]);
  }
  await store.commit([{ kind: "delete", key: "/registry/configmaps/default/c7" }]);
  return store;
}

async function reasonOf(call: Promise<unknown>): Promise<string> {
  return await call.then(() => "none", (error: SnapshotError) => `${error.reason}: ${error.message}`);
}

describe("snapshots", () => {
  let root = "";
  let store: Datastore;
  beforeAll(async () => {
    root = await Deno.makeTempDir({ prefix: "skiff-snapshots-" });
    store = await filled();
  });
  afterAll(async () => {
    await store.close();
    await Deno.remove(root, { recursive: true });
  });

  it("have names that tell node and time", () => {
    const name = snapshotName("skiff-snapshot", "pi-4", NOON);
    expect(name).toBe("skiff-snapshot-pi-4-20260102T120000Z.json.gz");
    expect(parseSnapshotName(name)).toEqual({ series: "skiff-snapshot-pi-4", time: NOON });
    expect(parseSnapshotName(`${name}.tmp`)).toBeUndefined();
    expect(parseSnapshotName(`${name}.sha256`)).toBeUndefined();
  });

  it("are saved for their owner alone, listed newest first, and restored as they were", async () => {
    const directory = new SnapshotDirectory(`${root}/saved`);
    expect(await directory.list()).toEqual([]);
    const first = await directory.save(() => store.snapshot(), { node: "a", time: NOON });
    expect(first).toMatchObject({ revision: 302, keys: 99 });
    await directory.save(() => store.snapshot(), { node: "a", time: NOON + MINUTE });
    expect((await directory.list()).map(({ time }) => time)).toEqual([NOON + MINUTE, NOON]);
    expect((await Deno.stat(first.path)).mode! & 0o777).toBe(0o600);
    expect(await reasonOf(directory.save(() => store.snapshot(), { node: "a", time: NOON }))).toMatch(/^exists/);
    const check = await new Deno.Command("sha256sum", { args: ["-c", `${first.path}.sha256`], cwd: directory.path })
      .output();
    expect(check.success).toBe(true);
    const copy = openMemory();
    await copy.restore(await readSnapshot(first.path));
    expect(await new Response(copy.snapshot()).text()).toBe(await new Response(store.snapshot()).text());
    await copy.close();
  });

  it("leave nothing behind when they break off", async () => {
    const directory = new SnapshotDirectory(`${root}/broken`);
    const text = await new Response(store.snapshot()).text();
    const sources: (() => ReadableStream<Uint8Array>)[] = [
      () => new Response(text.slice(0, text.length / 2)).body!,
      () => new Response("no snapshot\n").body!,
      () => new Response("").body!,
      () =>
        new ReadableStream({
          pull() {
            throw new DatastoreError("unavailable", "the disk is gone");
          },
        }),
    ];
    for (const source of sources) {
      expect(await reasonOf(directory.save(source, { node: "a", time: NOON }))).toMatch(/^unavailable/);
      expect([...Deno.readDirSync(directory.path)]).toEqual([]);
    }
  });

  it("are refused when they are damaged", async () => {
    const directory = new SnapshotDirectory(`${root}/damaged`);
    const { path } = await directory.save(() => store.snapshot(), { node: "a", time: NOON });
    const bytes = await Deno.readFile(path);
    bytes[bytes.length >> 1]! ^= 1;
    await Deno.writeFile(path, bytes);
    expect(await reasonOf(readSnapshot(path))).toMatch(/^corrupt: .*is damaged/);
    // Without its checksum, the compression's own is left.
    await Deno.remove(`${path}.sha256`);
    const copy = openMemory();
    expect(await reasonOf(readSnapshot(path).then((snapshot) => copy.restore(snapshot)))).toMatch(/^corrupt/);
    expect(await copy.revision()).toBe(1);
    await copy.close();
    expect(await reasonOf(readSnapshot(`${root}/none`))).toMatch(/^notFound/);
  });

  it("are pruned by node, and nothing else is", async () => {
    const directory = new SnapshotDirectory(`${root}/pruned`);
    for (let i = 0; i < 4; i++) {
      for (const node of ["a", "b"]) await directory.save(() => store.snapshot(), { node, time: NOON + i * MINUTE });
    }
    await Deno.writeTextFile(`${directory.path}/notes.txt`, "mine");
    expect((await directory.prune(3, "skiff-snapshot-a")).length).toBe(1);
    expect((await directory.prune(2)).length).toBe(3);
    expect((await directory.list()).length).toBe(4);
    expect([...Deno.readDirSync(directory.path)].length).toBe(9);
  });

  it("are taken by the schedule, and pruned", async () => {
    const directory = new SnapshotDirectory(`${root}/scheduled`);
    const clock = new ManualClock(NOON + 1000);
    const snapshots = startSnapshots(store, clock, { cron: "*/10 * * * *", keep: 2, node: "a", directory });
    for (let i = 1; i <= 4; i++) {
      await clock.advance(10 * MINUTE);
      while (clock.pending === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect((await directory.list()).map(({ time }) => time)).toEqual([NOON + 40 * MINUTE, NOON + 30 * MINUTE]);
    await snapshots.close();
    expect(clock.pending).toBe(0);
  });

  it("fill a new file, or take the place of another one that is kept", async () => {
    const { path: snapshot } = await new SnapshotDirectory(`${root}/restored`).save(() => store.snapshot(), {
      node: "a",
      time: NOON,
    });
    const path = `${root}/data/db/state.db`;
    const open = (path: string) => openSqlite({ path });
    const restore = (replace: boolean) =>
      restoreFile(path, () => readSnapshot(snapshot), { open, replace, time: NOON });
    expect(await restore(false)).toEqual({ revision: 302, keys: 99, replaced: undefined });
    expect(await reasonOf(restore(false))).toMatch(/^exists: .*--replace/);
    const running = await open(path);
    await running.commit([{ kind: "put", key: "later", value: "1" }]);
    expect(await reasonOf(restore(true))).toMatch(/^locked/);
    await running.close();
    const { replaced } = await restore(true);
    const old = await open(replaced!);
    expect(await old.revision()).toBe(303);
    await old.close();
    // Damage is what it is for.
    await Deno.writeFile(path, new Uint8Array(8192).fill(7));
    expect(await reasonOf(restore(false))).toMatch(/^exists: .*is damaged/);
    await Deno.remove(replaced!);
    expect((await restore(true)).keys).toBe(99);
    // A snapshot that is none leaves the store as it is.
    const broken = async () => new Response("broken").body!;
    expect(await reasonOf(restoreFile(path, broken, { open, replace: true, time: NOON + 1 }))).toMatch(/^corrupt/);
    const still = await open(path);
    expect(await still.revision()).toBe(302);
    await still.close();
    expect([...Deno.readDirSync(`${root}/data/db`)].map(({ name }) => name).sort()).toEqual([
      "state.db",
      `state.db.replaced-${NOON}`,
    ]);
  });

  it("are named by the error that tells of damage", async () => {
    const directory = new SnapshotDirectory(`${root}/advice`);
    const damage = new DatastoreError("corrupt", "state.db is damaged");
    const advice = async () => (await withAdvice(damage, directory, "--data-dir /data") as Error).message;
    expect(await advice()).toContain("there is no snapshot in");
    const { path } = await directory.save(() => store.snapshot(), { node: "a", time: NOON });
    expect(await advice()).toContain(`skiff snapshot restore --data-dir /data --replace ${path}`);
    const other = new DatastoreError("locked", "is open");
    expect(await withAdvice(other, directory, "")).toBe(other);
  });

  it("move a store to another engine, and back", async () => {
    const sqlite = await openSqlite({ path: `${root}/moved/state.db` });
    const there = await migrate(store, sqlite);
    expect(there).toMatchObject({ revision: 302, keys: 99, versionsDiffer: false });
    const back = openMemory();
    expect((await migrate(sqlite, back)).sha256).toBe(there.sha256);
    expect(await reasonOf(migrate(sqlite, back))).toMatch(/^notEmpty/);
    await sqlite.close();
    await back.close();
  });
});
