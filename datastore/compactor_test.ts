import { describe, expect, it } from "vitest";
import { CompactionPlan, type CompactionPolicy, startCompactor } from "./compactor.ts";
import type { Datastore } from "./contract.ts";
import { openMemory } from "./memory/memory_datastore.ts";
import { put } from "./suite/engine.ts";
import { ManualClock } from "./suite/testing/manual_clock.ts";
import { until } from "./suite/testing/wait.ts";

const POLICY: CompactionPolicy = {
  keepMilliseconds: 300,
  keepRevisions: 10,
  leastRevisions: 1,
  maxRevisions: 500,
  intervalMilliseconds: 60,
};

function compact(plan: CompactionPlan, at: number, revision: number): number {
  const target = plan.observe(at, revision);
  if (target > 0) plan.compacted(target);
  return target;
}

describe("CompactionPlan", () => {
  const plan = (...seen: [number, number][]) => {
    const plan = new CompactionPlan(POLICY);
    return seen.map(([at, revision]) => compact(plan, at, revision));
  };

  it("compacts to what was the newest revision so long ago", () => {
    expect(plan([0, 100], [100, 200], [200, 300], [300, 400], [400, 450])).toEqual([0, 0, 0, 100, 200]);
  });

  it("keeps the newest revisions however old they are", () => {
    expect(plan([0, 5], [1000, 5], [2000, 12])).toEqual([0, 0, 2]);
    expect(plan([0, 100], [1000, 100], [2000, 100])).toEqual([0, 90, 0]);
  });

  it("keeps no more than a limit, however new they are", () => {
    expect(plan([0, 100], [10, 700], [20, 701])).toEqual([0, 200, 201]);
  });

  it("does nothing for a few revisions", () => {
    const plan = new CompactionPlan({ ...POLICY, leastRevisions: 50 });
    const seen = [[0, 40], [1000, 100], [2000, 140], [3000, 149], [4000, 150], [5000, 190]] as const;
    expect(seen.map(([at, revision]) => compact(plan, at, revision))).toEqual([0, 0, 100, 0, 0, 150]);
  });

  it("asks again for what has failed", () => {
    const plan = new CompactionPlan({ ...POLICY, leastRevisions: 50 });
    const seen = [[0, 100], [1000, 100], [2000, 100]] as const;
    expect(seen.map(([at, revision]) => plan.observe(at, revision))).toEqual([0, 90, 90]);
  });

  it("keeps the time also when it was not asked for long", () => {
    expect(plan([0, 100], [299, 200], [900, 300], [901, 300])).toEqual([0, 0, 200, 0]);
  });
});

describe("startCompactor", () => {
  it("counts what failed, and tries again", async () => {
    const store = openMemory();
    const clock = new ManualClock();
    for (let i = 0; i < 40; i++) await put(store, "a", `${i}`);
    let broken = true;
    const breaking = Object.assign(Object.create(store) as Datastore, {
      revision: () => store.revision(),
      compact: (revision: number) => broken ? Promise.reject(new Error("broken")) : store.compact(revision),
    });
    const compactor = startCompactor(breaking, clock, POLICY);
    const turn = async () => {
      await until("the compactor waits", () => clock.pending);
      clock.advance(POLICY.keepMilliseconds);
    };
    await turn();
    await until("it has failed", () => compactor.failures === 1);
    broken = false;
    await turn();
    await until("it has succeeded", async () => (await store.stats()).compactedRevision === 31);
    expect(compactor.failures).toBe(1);
    await compactor.close();
    await store.close();
  });

  it("compacts as time goes on, until it is closed", async () => {
    const store = openMemory();
    let now = 0;
    let fire: (() => void) | undefined;
    const clock = {
      now: () => now,
      after(_: number, next: () => void) {
        fire = next;
        return () => fire = undefined;
      },
    };
    const turn = async () => {
      while (!fire) await new Promise((resolve) => setTimeout(resolve, 0));
      now += POLICY.intervalMilliseconds;
      const due = fire;
      fire = undefined;
      due();
      while (!fire) await new Promise((resolve) => setTimeout(resolve, 0));
    };
    const compactor = startCompactor(store, clock, POLICY);
    for (let i = 0; i < 40; i++) await put(store, "a", `${i}`);
    for (let i = 0; i < 5; i++) await turn();
    expect((await store.stats()).compactedRevision).toBe(1);
    await turn();
    expect((await store.stats()).compactedRevision).toBe(31);
    await compactor.close();
    expect(fire).toBeUndefined();
    await store.close();
  });
});
