import { describe, expect, it } from "vitest";
import { DEFAULT_COMPACTION, startCompactor } from "../compactor.ts";
import { openSqlite } from "../sqlite/open.ts";
import { ManualClock } from "../suite/testing/manual_clock.ts";
import { until } from "../suite/testing/wait.ts";
import { BudgetedDatastore } from "./budgeted_datastore.ts";

const BUDGET = 50_000_000;
const STEP_SECONDS = 10;
const HOURS = 6;

/** What an agent writes that has nothing to do: its Lease every 10 s, its Node every 5 minutes. */
describe("an idle node's writes", () => {
  it("stay within the budget, compaction included", { timeout: 60_000 }, async () => {
    const directory = await Deno.makeTempDir({ prefix: "skiff-datastore-" });
    const inner = await openSqlite({ path: `${directory}/state.db` });
    const [clock, compactorClock] = [new ManualClock(), new ManualClock()];
    const store = new BudgetedDatastore(inner, { bytesPerDay: BUDGET, clock });
    const compactor = startCompactor(store, compactorClock);
    for (let i = 0; i < 500; i++) {
      await store.commit([{ kind: "put", key: `/registry/configmaps/default/c${i}`, value: "v".repeat(1500) }]);
    }
    const lease = "/registry/leases/kube-node-lease/node";
    let expected = 0;
    const before = (await store.report()).writtenBytes!;
    for (let second = 0; second < HOURS * 3600; second += STEP_SECONDS) {
      const spec = { holderIdentity: "node", renewTime: `${second}` };
      const value = JSON.stringify({ kind: "Lease", metadata: { name: "node", uid: "u".repeat(500) }, spec });
      ({ revision: expected } = await store.commit([{ kind: "put", key: lease, value, expect: expected }]));
      if (second % 300 === 0) {
        await store.commit([{ kind: "put", key: "/registry/minions/node", value: `${second}`.padEnd(3500, "n") }]);
      }
      clock.advance(STEP_SECONDS * 1000);
      if (second % 60 === 0) {
        await until("the compactor waits", () => compactorClock.pending);
        compactorClock.advance(DEFAULT_COMPACTION.intervalMilliseconds);
      }
    }
    const { writtenBytes, stats } = await store.report();
    const perSecond = (writtenBytes! - before) / (HOURS * 3600);
    expect(stats.compactedRevision).toBeGreaterThan(1000);
    expect(perSecond).toBeGreaterThan(50);
    expect(perSecond).toBeLessThan(BUDGET / 86_400);
    await compactor.close();
    await store.close();
    await Deno.remove(directory, { recursive: true });
  });
});
