import { describe, expect, it } from "vitest";
import { Query } from "./query.ts";
import { requireDuration } from "./request_timeout.ts";

const check = (timeout: string) => requireDuration(new Query(`timeout=${encodeURIComponent(timeout)}`));

describe("requireDuration", () => {
  it("takes what Go writes, and nothing", () => {
    for (const text of ["", "0", "5s", "-5s", "1h2m3.5s", ".5us", "1.µs"]) check(text);
    requireDuration(new Query("dryRun=All"));
  });

  const faults: readonly [string, string][] = [
    ["wrong", 'invalid duration "wrong"'],
    ["-", 'invalid duration "-"'],
    ["5", 'missing unit in duration "5"'],
    ["1m5", 'missing unit in duration "1m5"'],
    ["5x", 'unknown unit "x" in duration "5x"'],
  ];
  for (const [text, fault] of faults) {
    it(`refuses ${text}`, () => {
      expect(() => check(text)).toThrow(`invalid timeout specified in the request URL - time: ${fault}`);
    });
  }
});
