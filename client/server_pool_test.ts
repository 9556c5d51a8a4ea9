import { describe, expect, it } from "vitest";
import { ManualClock } from "../api/clock.ts";
import { ServerPool } from "./server_pool.ts";

const [a, b, c] = ["https://a:1", "https://b:1", "https://c:1"] as const;

describe("ServerPool", () => {
  it("spreads its users over all servers", () => {
    const chosen = [0, 0.4, 0.99].map((random) => new ServerPool([a, b, c], new ManualClock(), () => random).current);
    expect(chosen).toEqual([a, b, c]);
  });

  it("moves on when the present server fails, and past those that failed lately", async () => {
    const clock = new ManualClock();
    const pool = new ServerPool([a, b, c], clock, () => 0);
    pool.failed(b);
    expect(pool.current).toBe(a);
    await clock.advance(1_000);
    pool.failed(a);
    expect(pool.current).toBe(c);
    await clock.advance(10_000);
    // All have failed: the one that did longest ago comes first.
    pool.failed(c);
    expect(pool.current).toBe(b);
    await clock.advance(60_000);
    pool.failed(b);
    expect(pool.current).toBe(a);
  });

  it("stays with the only one, and with the present one while it is there", () => {
    const pool = new ServerPool([a], new ManualClock());
    pool.failed(a);
    expect(pool.current).toBe(a);
    pool.replace([b, a, a]);
    expect([pool.current, pool.servers]).toEqual([a, [b, a]]);
    pool.replace([]);
    expect(pool.servers).toEqual([b, a]);
    pool.replace([c]);
    expect(pool.current).toBe(c);
    pool.failed(a);
    expect(pool.current).toBe(c);
  });
});
