import { describe, expect, it } from "vitest";
import { Holds } from "./holds.ts";

describe("Holds", () => {
  it("keep a sweep before the oldest revision that is read", () => {
    let released = 0;
    const holds = new Holds(() => 0, () => released++);
    expect(holds.limit(100)).toBe(100);
    const first = holds.acquire(50);
    const second = holds.acquire(70);
    expect(holds.limit(100)).toBe(50);
    first.release();
    first.release();
    expect(released).toBe(1);
    expect(holds.limit(100)).toBe(70);
    expect(holds.limit(60)).toBe(60);
    second.release();
    expect(holds.limit(100)).toBe(100);
  });

  it("are lost by a reader that does not come back, and kept by one that does", () => {
    let now = 0;
    const holds = new Holds(() => now, () => {});
    const lost = holds.acquire(50);
    const kept = holds.acquire(70);
    now = 50_000;
    kept.check();
    expect(holds.limit(100)).toBe(50);
    now = 100_000;
    expect(holds.limit(100)).toBe(70);
    kept.check();
    expect(() => lost.check()).toThrow("revision 50 was compacted away");
    lost.release();
  });
});
