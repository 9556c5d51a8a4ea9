import { describe, expect, it } from "vitest";
import { ManualClock } from "../../api/clock.ts";
import { keepRenewed } from "./keep_renewed.ts";

const HOUR = 3_600_000;

describe("keepRenewed", () => {
  it("looks every hour, tells of new certificates alone, and goes on after a failure", async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    const answers = [false, new Error("disk full"), true, false];
    let looks = 0;
    let told = 0;
    const ended = keepRenewed({
      clock,
      signal: stop.signal,
      pki: {
        renew() {
          const answer = answers[looks++] ?? false;
          return typeof answer === "boolean" ? Promise.resolve(answer) : Promise.reject(answer);
        },
      },
      renewed: () => void told++,
    });
    await clock.advance(HOUR - 1);
    expect(looks).toBe(0);
    await clock.advance(1);
    await clock.advance(HOUR);
    expect([looks, told]).toEqual([2, 0]);
    await clock.advance(2 * HOUR);
    expect([looks, told]).toEqual([4, 1]);
    stop.abort();
    await ended;
    expect(clock.pending).toBe(0);
  });
});
