import { describe, expect, it } from "vitest";
import { orderElements } from "./_element_order.ts";

function order(merged: string, patch: string, original: string): string {
  return orderElements([...merged], (element) => element, [...patch], [...original]).join("");
}

describe("orderElements", () => {
  it.each<[string, string, string, string]>([
    ["abc", "", "abc", "abc"],
    ["abc", "cba", "abc", "cba"],
    ["abcd", "db", "abcd", "acdb"],
    ["abx", "x", "ab", "xab"],
    ["abx", "axb", "ab", "axb"],
    ["abcx", "cx", "abc", "abcx"],
    ["ab", "zb", "ab", "ab"],
  ])("of %s", ([merged, patch, original, result]) => expect(order(merged, patch, original)).toBe(result));
});
