import { describe, expect, it } from "vitest";
import { nearest, suggestion } from "./nearest.ts";

describe("nearest", () => {
  const names = ["data-dir", "datastore-endpoint", "node-ip", "node-name", "debug"];
  const cases: readonly [string, string | undefined][] = [
    ["data-dirr", "data-dir"],
    ["datadir", "data-dir"],
    ["dtaa-dir", "data-dir"],
    ["node-pi", "node-ip"],
    ["node-names", "node-name"],
    ["datastore-endpoints", "datastore-endpoint"],
    ["completely-different", undefined],
    ["", undefined],
  ];
  for (const [name, expected] of cases) {
    it(`takes ${JSON.stringify(name)} for ${expected}`, () => expect(nearest(name, names)).toBe(expected));
  }

  it("makes a question of it", () => {
    expect(suggestion("debgu", names, "--")).toBe("; did you mean --debug?");
    expect(suggestion("zzz", names)).toBe("");
  });
});
