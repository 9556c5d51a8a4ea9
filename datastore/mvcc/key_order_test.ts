import { describe, expect, it } from "vitest";
import { sortKey } from "./key_order.ts";

describe("sortKey", () => {
  it("orders as UTF-8 bytes do", () => {
    const keys = [
      "",
      "\u{1}",
      "a",
      "a\0",
      "aa",
      "b",
      "é",
      "\u{d7ff}",
      "\u{e000}",
      "\u{ffff}",
      "\u{10000}",
      "\u{1f600}",
      "\u{10ffff}",
    ];
    const bytes = (key: string) =>
      [...new TextEncoder().encode(key)].map((b) => b.toString(16).padStart(2, "0")).join("");
    expect(keys.toSorted((a, b) => bytes(a) < bytes(b) ? -1 : 1)).toEqual(keys);
    expect(keys.toReversed().toSorted((a, b) => sortKey(a) < sortKey(b) ? -1 : 1)).toEqual(keys);
  });

  it("returns plain keys as they are", () => {
    expect(sortKey("/registry/pods/default/é")).toBe("/registry/pods/default/é");
  });
});
