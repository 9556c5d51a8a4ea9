import { expect, it } from "vitest";
import { prefixRange } from "../contract.ts";
import { openSqlite } from "./open.ts";

const COMMITS = 50;
const KEYS_PER_COMMIT = 100;

it("counts many keys in steps: others are answered in between, and what they change is not counted", async () => {
  const directory = await Deno.makeTempDir({ prefix: "skiff-datastore-" });
  const path = `${directory}/state.db`;
  const filled = await openSqlite({ path });
  for (let i = 0; i < COMMITS; i++) {
    const keys = Array.from(
      { length: KEYS_PER_COMMIT },
      (_, j) => `/a/${String(i * KEYS_PER_COMMIT + j).padStart(5, "0")}`,
    );
    await filled.commit(keys.map((key) => ({ kind: "put", key, value: "1" })));
  }
  await filled.close();

  const store = await openSqlite({ path });
  const revision = await store.revision();
  const answered: string[] = [];
  const note = (what: string) => () => void answered.push(what);
  const counted = store.count(prefixRange("/a/"));
  const stats = store.stats();
  const removed = store.commit([{ kind: "delete", key: "/a/04999" }, { kind: "put", key: "/b", value: "1" }, {
    kind: "delete",
    key: "/a/00000",
  }]);
  await Promise.all([counted.then(note("count")), stats.then(note("stats")), removed.then(note("commit"))]);
  expect(answered[0]).toBe("commit");
  expect(await counted).toEqual({ revision, count: COMMITS * KEYS_PER_COMMIT });
  expect((await stats).keys).toBe(COMMITS * KEYS_PER_COMMIT - 1);
  expect(await store.count(prefixRange("/a/"))).toEqual({
    revision: revision + 1,
    count: COMMITS * KEYS_PER_COMMIT - 2,
  });
  await store.commit([{ kind: "put", key: "/c", value: "1" }]);
  expect((await store.stats()).keys).toBe(COMMITS * KEYS_PER_COMMIT);
  await store.close();
  await Deno.remove(directory, { recursive: true });
});
