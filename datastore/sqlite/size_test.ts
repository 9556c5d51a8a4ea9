import { describe, expect, it } from "vitest";
import { startCompactor } from "../compactor.ts";
import { ManualClock } from "../suite/testing/manual_clock.ts";
import { until } from "../suite/testing/wait.ts";
import { openSqlite } from "./open.ts";

const KEYS = 500;
const VALUE = 1000;
const POLICY = {
  keepMilliseconds: 1000,
  keepRevisions: 1000,
  leastRevisions: 500,
  maxRevisions: 100_000,
  intervalMilliseconds: 1000,
};

describe("the size of a SQLite store", () => {
  it("stays within twice what lives and 8 MB, however much is updated (SKIFF_UPDATES for more than 15000)", {
    timeout: 3_600_000,
  }, async () => {
    const updates = Number(Deno.env.get("SKIFF_UPDATES") ?? 15_000);
    const directory = await Deno.makeTempDir({ prefix: "skiff-datastore-" });
    const store = await openSqlite({ path: `${directory}/state.db` });
    const clock = new ManualClock();
    const compactor = startCompactor(store, clock, POLICY);
    const bound = 2 * KEYS * VALUE + 8e6;
    let largest = 0;
    for (let i = 0; i < updates; i += 1000) {
      const writes = Array.from({ length: 1000 }, (_, n) => {
        const number = i + n;
        // Some grow and some shrink, so that free pages do not fit by themselves.
        const value = "v".repeat(number % 7 === 0 ? 2 * VALUE : VALUE / 2 + number % VALUE);
        const key = `k${number % KEYS}`;
        return store.commit([number % 11 === 0 ? { kind: "delete", key } : { kind: "put", key, value }]);
      });
      await Promise.all(writes);
      await until("the compactor waits", () => clock.pending);
      clock.advance(POLICY.intervalMilliseconds);
      await until("the compactor is done", () => clock.pending);
      const { bytes } = await store.stats();
      largest = Math.max(largest, bytes);
    }
    expect(largest).toBeLessThan(bound);
    const { revision, compactedRevision } = await store.stats();
    expect(revision - compactedRevision).toBeLessThan(4000);
    await compactor.close();
    await store.close();
    await Deno.remove(directory, { recursive: true });
  });
});
