import { describe, expect, it } from "vitest";
import { EVERYTHING, put, reasonOf, record } from "../suite/engine.ts";
import { openSqlite } from "./open.ts";

async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** A small file system of its own at the directory, while `body` runs. */
async function mounted(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "skiff-datastore-" });
  await run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", directory);
  try {
    await body(directory);
  } finally {
    await run("umount", "-l", directory);
    await Deno.remove(directory);
  }
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

  it("says that the file system is read-only", () =>
    mounted(async (directory) => {
      await (await openSqlite({ path: `${directory}/state.db` })).close();
      await run("mount", "-o", "remount,ro", directory);
      expect(await reasonOf(openSqlite({ path: `${directory}/state.db` }))).toBe("readOnly");
      await run("mount", "-o", "remount,rw", directory);
      await (await openSqlite({ path: `${directory}/state.db` })).close();
    }));
});
