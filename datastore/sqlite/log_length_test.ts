import { expect, it } from "vitest";
import { put } from "../suite/engine.ts";
import { openSqlite } from "./open.ts";

/** Each writes some pages of 4 KB into the write-ahead log: by itself SQLite lets it grow to 1000 of them. */
const COMMITS = 600;
const MOST_BYTES = 1_500_000;

it("moves the write-ahead log into the file in small pieces, also behind held commits", async () => {
  const path = await Deno.makeTempDir({ prefix: "skiff-datastore-" });
  const store = await openSqlite({ path: `${path}/state.db` });
  for (let i = 0; i < COMMITS; i++) {
    await put(store, `k${i}`, "v".repeat(3000));
    if (i % 50 === 0) await store.commit([{ kind: "put", key: "held", value: `${i}` }], { held: true });
  }
  await store.holding!.checkpoint();
  const log = (await Deno.stat(`${path}/state.db-wal`)).size;
  expect(log).toBeGreaterThan(0);
  expect(log).toBeLessThan(MOST_BYTES);
  expect((await Deno.stat(`${path}/state.db`)).size).toBeGreaterThan(COMMITS * 3000 - MOST_BYTES);
  expect((await store.get("held")).item?.value).toBe(`${COMMITS - 50}`);
  await store.close();
  await Deno.remove(path, { recursive: true });
});
