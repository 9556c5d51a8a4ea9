import { describe, expect, it } from "vitest";
import type { KeyValue } from "../contract.ts";
import { openMemory } from "../memory/memory_datastore.ts";
import { EVERYTHING } from "../suite/engine.ts";
import { randomSource } from "../suite/random.ts";
import { planRestore } from "./restore_plan.ts";

/** What a store has after the plan's commits. */
async function carriedOut(items: readonly KeyValue[], newest: number) {
  const store = openMemory();
  for (const { puts } of planRestore(items, newest)) {
    const operations = puts.length > 0 ? puts : [{ key: "\x01filler", value: "" }];
    await store.commit(operations.map(({ key, value }) => ({ kind: "put" as const, key, value })));
  }
  const { items: found, revision } = await store.list({ start: "\x02", end: EVERYTHING.end });
  await store.close();
  return { found, revision };
}

describe("planRestore", () => {
  it("gives keys of any history their revisions and versions again", async () => {
    const seed = Number(Deno.env.get("SKIFF_TEST_SEED") ?? Math.floor(Math.random() * 2 ** 31));
    const random = randomSource(seed);
    for (let round = 0; round < 30; round++) {
      const store = openMemory();
      const names = Array.from({ length: 1 + Math.floor(random() * 40) }, (_, i) => `k${String(i).padStart(2, "0")}`);
      const commits = 1 + Math.floor(random() * 300);
      for (let i = 0; i < commits; i++) {
        const share = random() ** 3;
        const chosen = names.filter(() => random() < share);
        await store.commit(
          chosen.map((key) => random() < 0.2 ? { kind: "delete", key } : { kind: "put", key, value: `${i}` }),
        );
      }
      const { items, revision } = await store.list(EVERYTHING);
      try {
        expect(await carriedOut(items, revision)).toEqual({ found: items, revision });
      } catch (error) {
        throw new Error(`round ${round} with SKIFF_TEST_SEED=${seed} failed`, { cause: error });
      }
      await store.close();
    }
  });

  it("keeps the revisions of a version that cannot be", async () => {
    const item = { key: "a", value: "v", createRevision: 2, modRevision: 4, version: 1 };
    expect((await carriedOut([item], 5)).found).toEqual([{ ...item, version: 2 }]);
  });

  it("lets revisions pass in which nothing is put", () => {
    const item = { key: "a", value: "v", createRevision: 3, modRevision: 5, version: 2 };
    expect([...planRestore([item], 6)].map(({ puts, fixed }) => [puts.map(({ value }) => value).join(), fixed]))
      .toEqual([
        ["", false],
        ["", true],
        ["", false],
        ["v", true],
        ["", false],
      ]);
    expect([...planRestore([], 1)]).toEqual([]);
  });
});
