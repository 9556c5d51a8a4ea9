import { describe, expect, it } from "vitest";
import { isDue, nextLook, renewAt } from "./renewal.ts";

const DAY = 86_400_000;
const HOUR = 3_600_000;
const year = { notBefore: 0, notAfter: 365 * DAY };

describe("renewal", () => {
  it("comes long before a certificate's end, at another time on each node", () => {
    expect(renewAt(year, 0)).toBeCloseTo(0.7 * 365 * DAY, 0);
    expect(renewAt(year, 1)).toBeCloseTo(0.9 * 365 * DAY, 0);
  });

  it("looks every hour at least, sooner when something is due sooner, later after failures", () => {
    expect(nextLook([year], 0, 0, 0)).toBe(HOUR);
    expect(nextLook([year], renewAt(year, 0) - 60_000, 0, 0)).toBe(60_000);
    expect(nextLook([year], 400 * DAY, 0, 0)).toBe(10_000);
    expect([1, 2, 3, 20].map((failures) => nextLook([year], 400 * DAY, 0, failures)))
      .toEqual([10_000, 20_000, 40_000, HOUR]);
  });

  it("does not storm when a new certificate seems to have ended already", () => {
    expect(isDue(year, 400 * DAY, 0, undefined)).toBe(true);
    expect(isDue(year, 400 * DAY, 0, HOUR - 1)).toBe(false);
    expect(isDue(year, 400 * DAY, 0, HOUR)).toBe(true);
    const short = { notBefore: 0, notAfter: 600_000 };
    expect([59_000, 60_000].map((age) => isDue(short, 600_000, 0, age))).toEqual([false, true]);
    expect(isDue(year, 100 * DAY, 0, undefined)).toBe(false);
  });
});
