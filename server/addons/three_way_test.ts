import { describe, expect, it } from "vitest";
import { applyMergePatch } from "../../api/patch/merge.ts";
import { threeWayPatch } from "./three_way.ts";

describe("threeWayPatch", () => {
  const cases: readonly [string, unknown, Record<string, unknown>, Record<string, unknown>, Record<string, unknown>][] =
    [
      ["nothing to do", { a: 1 }, { a: 1 }, { a: 1, b: 2 }, {}],
      ["sets what differs", {}, { a: { b: 2 } }, { a: { b: 1, c: 3 } }, { a: { b: 2 } }],
      ["removes what is no longer wanted", { a: 1, b: { c: 1 } }, { b: {} }, { a: 1, b: { c: 1, d: 2 } }, {
        a: null,
        b: { c: null },
      }],
      ["does not remove what is gone already", { a: 1 }, {}, {}, {}],
      ["replaces lists that differ", { l: [1] }, { l: [1, 2] }, { l: [1] }, { l: [1, 2] }],
      [
        "takes defaults in list items for equal",
        {},
        { l: [{ name: "x" }] },
        { l: [{ name: "x", protocol: "TCP" }] },
        {},
      ],
      ["makes an empty object", {}, { spec: {} }, {}, { spec: {} }],
    ];
  for (const [name, applied, wanted, live, expected] of cases) {
    it(name, () => {
      const patch = threeWayPatch(applied, wanted, live);
      expect(patch).toEqual(expected);
      expect(threeWayPatch(wanted, wanted, applyMergePatch(live, patch))).toEqual({});
    });
  }
});
