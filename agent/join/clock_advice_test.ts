import { describe, expect, it } from "vitest";
import { adviceFor, clockAdvice } from "./clock_advice.ts";

describe("clockAdvice", () => {
  it("names how far the clocks are apart, when that is far", () => {
    const HOUR = 3_600_000;
    expect(adviceFor(HOUR - 1)).toBe("");
    expect(adviceFor(500 * 24 * HOUR)).toContain("clock is 500 days ahead of the server's");
    expect(adviceFor(-30 * HOUR)).toContain("clock is 30 hours behind the server's");
  });

  it("says nothing when nobody answers", async () => {
    expect(await clockAdvice("https://127.0.0.1:1", 0)).toBe("");
  });
});
