import { describe, expect, it } from "vitest";
import { ManualClock } from "../api/clock.ts";
import { seededRandom } from "../api/meta/_seeded_random.ts";
import { WorkQueue } from "./work_queue.ts";

describe("WorkQueue", () => {
  it("hands out a key once however often it was added, in order", async () => {
    const queue = new WorkQueue(new ManualClock());
    for (const key of ["a", "b", "a", "c", "b"]) queue.add(key);
    expect([await queue.take(), await queue.take(), await queue.take()]).toEqual(["a", "b", "c"]);
    expect(queue.length).toBe(0);
  });

  it("keeps a key that is worked on back until it is done", async () => {
    const queue = new WorkQueue(new ManualClock());
    queue.add("a");
    expect(await queue.take()).toBe("a");
    queue.add("a");
    expect(queue.length).toBe(0);
    queue.done("a");
    expect(await queue.take()).toBe("a");
    queue.done("a");
    expect(queue.length).toBe(0);
  });

  it("lets the earliest deadline win", async () => {
    const clock = new ManualClock();
    const queue = new WorkQueue(clock);
    queue.add("a", 100);
    queue.add("a", 50);
    queue.add("a", 200);
    expect(clock.pending).toBe(1);
    await clock.advance(49);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(queue.length).toBe(1);
    await clock.advance(1000);
    expect(queue.length).toBe(1);
  });

  it("drops the delay of a key that is added at once", async () => {
    const clock = new ManualClock();
    const queue = new WorkQueue(clock);
    queue.add("a", 100);
    queue.add("a");
    expect(clock.pending).toBe(0);
    expect(await queue.take()).toBe("a");
  });

  it("doubles the back-off of a key up to its limit, and starts anew when forgotten", () => {
    const queue = new WorkQueue(new ManualClock());
    expect([1, 2, 3, 4].map(() => queue.retry("a"))).toEqual([5, 10, 20, 40]);
    for (let i = 0; i < 200; i++) queue.retry("a");
    expect(queue.retry("a")).toBe(1_000_000);
    expect(queue.retry("b")).toBe(5);
    queue.forget("a");
    expect(queue.retry("a")).toBe(5);
    queue.close();
  });

  it("ends waiting takers when closed and leaves no timer", async () => {
    const clock = new ManualClock();
    const queue = new WorkQueue(clock);
    const taken = queue.take();
    queue.add("b", 1000);
    queue.close();
    expect(await taken).toBeUndefined();
    expect(await queue.take()).toBeUndefined();
    queue.add("c");
    expect([queue.length, clock.pending]).toEqual([0, 0]);
  });

  it("never works twice on a key at once and never loses an addition", async () => {
    const random = seededRandom();
    const clock = new ManualClock();
    const queue = new WorkQueue(clock);
    const working = new Set<string>();
    /** For each key, the number of additions and how many of them the latest work had seen. */
    const added = new Map<string, number>();
    const seen = new Map<string, number>();
    const worker = async () => {
      for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
        if (working.has(key)) throw new Error(`${key} twice, seed ${random.seed}`);
        working.add(key);
        seen.set(key, added.get(key)!);
        await Promise.resolve();
        working.delete(key);
        queue.done(key);
      }
    };
    const workers = [worker(), worker(), worker()];
    for (let i = 0; i < 500; i++) {
      const key = `k${random.below(5)}`;
      added.set(key, (added.get(key) ?? 0) + 1);
      queue.add(key, random.below(3) === 0 ? random.below(50) : 0);
      if (random.below(10) === 0) await clock.advance(random.below(20));
      else await Promise.resolve();
    }
    await clock.advance(1000);
    expect([...seen].sort()).toEqual([...added].sort());
    queue.close();
    await Promise.all(workers);
  });
});
