import { describe, expect, it } from "vitest";
import { formatIndexes, parseIndexes } from "./indexes.ts";

describe("parseIndexes and formatIndexes", () => {
  for (const text of ["", "0", "0,2", "1,3-5,7", "0-9"]) {
    it(`keeps ${JSON.stringify(text)}`, () => {
      expect(formatIndexes(parseIndexes(text, 10))).toBe(text);
    });
  }

  it("leaves out what lies beyond the limit, and what is no number", () => {
    expect(formatIndexes(parseIndexes("1-999999999,x,3-", 4))).toBe("1-3");
  });
});
