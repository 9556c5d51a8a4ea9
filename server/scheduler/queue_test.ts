import { describe, expect, it } from "vitest";
import { ManualClock } from "../../api/clock.ts";
import { type QueuedPod, SchedulingQueue } from "./queue.ts";

const pod = (key: string, priority = 0, since = 0): QueuedPod => ({ key, priority, since });

describe("SchedulingQueue", () => {
  it("hands out by priority, then by age", () => {
    const queue = new SchedulingQueue(new ManualClock(), () => {});
    for (const p of [pod("late", 0, 2), pod("early", 0, 1), pod("urgent", 10, 3)]) queue.add(p);
    expect([queue.pop()?.key, queue.pop()?.key, queue.pop()?.key, queue.pop()]).toEqual([
      "urgent",
      "early",
      "late",
      undefined,
    ]);
  });

  it("leaves a Pod that fits nowhere alone until something changes, then backs off 1 s, 2 s … 10 s", async () => {
    const clock = new ManualClock();
    const queue = new SchedulingQueue(clock, () => {});
    queue.add(pod("p"));
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      const next = queue.pop()!;
      queue.fits(next, "nowhere", queue.moves);
      expect(queue.sizes).toEqual({ active: 0, backoff: 0, unschedulable: 1 });
      queue.moveAll();
      const start = clock.now();
      while (queue.sizes.active === 0) await clock.advance(500);
      waits.push(clock.now() - start);
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 10000, 10000]);
    queue.close();
  });

  it("does not miss a change that came while the Pod was tried", () => {
    const queue = new SchedulingQueue(new ManualClock(), () => {});
    queue.add(pod("p"));
    const before = queue.moves;
    const next = queue.pop()!;
    queue.moveAll();
    queue.fits(next, "nowhere", before);
    expect(queue.sizes).toEqual({ active: 0, backoff: 1, unschedulable: 0 });
    queue.close();
  });

  it("tries again after five minutes without any change", async () => {
    const clock = new ManualClock();
    const queue = new SchedulingQueue(clock, () => {});
    queue.add(pod("p"));
    queue.fits(queue.pop()!, "nowhere", queue.moves);
    await clock.advance(299_000);
    expect(queue.sizes.active).toBe(0);
    await clock.advance(1_000);
    expect(queue.sizes.active).toBe(1);
  });

  it("forgets a removed Pod wherever it waits, and leaves no timer", () => {
    const clock = new ManualClock();
    const queue = new SchedulingQueue(clock, () => {});
    for (const key of ["a", "b"]) queue.add(pod(key));
    queue.fits(queue.pop()!, "nowhere", queue.moves);
    queue.fits(queue.pop()!, "error", queue.moves);
    queue.remove("a");
    queue.remove("b");
    expect(queue.sizes).toEqual({ active: 0, backoff: 0, unschedulable: 0 });
    expect(clock.pending).toBe(0);
  });
});
