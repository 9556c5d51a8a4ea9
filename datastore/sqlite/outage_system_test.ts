import { expect, it } from "vitest";
import type { Datastore } from "../contract.ts";
import { EVERYTHING, firstEvents, put, reasonOf, record } from "../suite/engine.ts";
import { mountLoop } from "../suite/testing/mounts.ts";
import { until } from "../suite/testing/wait.ts";
import { openSqlite } from "./open.ts";

/** What a write is told, once that is something with these words in it. */
async function untilToldOf(store: Datastore, words: string): Promise<string> {
  let told = "";
  await until(`a write is told of "${words}"`, async () => {
    told = await put(store, "later", "refused").then(() => "nothing", ({ message }) => message);
    return told.includes(words);
  });
  return told;
}

async function newStore(path: string, keys: number): Promise<void> {
  const store = await openSqlite({ path });
  for (let i = 0; i < keys; i++) await put(store, `k${i}`, "v".repeat(1000));
  await store.close();
}

it("goes on by itself when the kernel has made the file system read-only and it is mounted anew", {
  timeout: 60_000,
}, async () => {
  const aside = await Deno.makeTempDir({ prefix: "skiff-datastore-" });
  await newStore(`${aside}/older.db`, 10);
  await newStore(`${aside}/other.db`, 80);
  {
    await using disk = await mountLoop("16M");
    const path = `${disk.directory}/state.db`;
    await Deno.copyFile(`${aside}/older.db`, path);
    const store = await openSqlite({ path });
    const seen = await record(store, { after: 11 });
    for (let i = 10; i < 50; i++) await put(store, `k${i}`, "v".repeat(1000));
    // The first one has to reserve revisions, and is as durable as any other.
    for (const value of ["1", "2"]) await store.commit([{ kind: "put", key: "held", value }], { held: true });
    const last = await store.revision();
    expect(last).toBe(53);

    await disk.fail();
    for (let i = 0; i < 3; i++) expect(await reasonOf(put(store, "later", "refused"))).toBe("readOnly");
    expect((await store.list(EVERYTHING)).items.length).toBe(51);
    expect((await firstEvents(store, 42, { after: 11 })).length).toBe(42);

    await disk.unmount();
    expect(await untilToldOf(store, "is gone")).toContain(`${path} is gone: mount its file system again`);
    expect(await reasonOf(store.get("k1"))).toBe("unavailable");
    expect((await firstEvents(store, 42, { after: 11 })).length).toBe(42);

    // What lies in the directory beneath is not the store, though it may look so.
    await Deno.copyFile(`${aside}/older.db`, `${path}.new`);
    await Deno.rename(`${path}.new`, path);
    expect(await untilToldOf(store, "revision 11")).toBe(
      `${path} ends with revision 11, but 52 was acknowledged: bring back the newer file, or restart to go on with this one`,
    );
    await Deno.copyFile(`${aside}/other.db`, `${path}.new`);
    await Deno.rename(`${path}.new`, path);
    await untilToldOf(store, "another store");
    await Deno.remove(path);

    await disk.mountAnew();
    let revision = 0;
    await until("writes go on", async () => {
      revision = await put(store, "later", "1").catch(() => 0);
      return revision > 0;
    });
    expect(revision).toBe(last + 1);
    expect((await store.get("held")).item?.value).toBe("2");
    expect(seen.events().length).toBe(43);
    expect(seen.batches.filter(({ events }) => events.length > 0).map((batch) => batch.revision)).toEqual(
      Array.from({ length: 43 }, (_, i) => 12 + i),
    );
    expect((await store.stats()).keys).toBe(52);
    await store.close();
    const again = await openSqlite({ path });
    expect((await again.list(EVERYTHING)).items.length).toBe(52);
    expect(await again.revision()).toBe(revision);
    await again.close();
  }
  await Deno.remove(aside, { recursive: true });
});

it("leaves out what the file has of writes that were told they had failed", { timeout: 60_000 }, async () => {
  const aside = await Deno.makeTempDir({ prefix: "skiff-datastore-" });
  {
    await using disk = await mountLoop("16M");
    const path = `${disk.directory}/state.db`;
    const store = await openSqlite({ path });
    for (let i = 0; i < 5; i++) await put(store, `k${i}`, "1");
    const seen = await record(store, { after: 1 });
    for (const end of ["", "-wal"]) await Deno.copyFile(`${path}${end}`, `${aside}/ahead.db${end}`);
    const ahead = await openSqlite({ path: `${aside}/ahead.db` });
    await put(ahead, "k1", "refused");
    expect(await put(ahead, "later", "refused")).toBe(8);
    await ahead.close();

    await disk.fail();
    expect(await reasonOf(put(store, "k1", "refused"))).toBe("readOnly");
    await disk.unmount();
    await Deno.copyFile(`${aside}/ahead.db`, `${path}.new`);
    await Deno.rename(`${path}.new`, path);
    let revision = 0;
    await until("writes go on", async () => {
      revision = await put(store, "k2", "2").catch(() => 0);
      return revision > 0;
    });
    expect(revision).toBe(7);
    expect((await store.list(EVERYTHING)).items.map(({ key, value }) => `${key}=${value}`)).toEqual(
      ["k0=1", "k1=1", "k2=2", "k3=1", "k4=1"],
    );
    expect(seen.events().length).toBe(6);
    await store.close();
  }
  await Deno.remove(aside, { recursive: true });
});
