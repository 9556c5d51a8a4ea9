import { describe, expect, it } from "vitest";
import { deepEqual } from "../meta/deep_equal.ts";
import { deepFreeze } from "../meta/freeze.ts";
import { type SeededRandom, seededRandom } from "../meta/_seeded_random.ts";
import { isObject, type JsonObject } from "./_json.ts";
import { applyMergePatch, mergeValue } from "./merge.ts";

/** Appendix A of RFC 7386: target, patch, result. */
const rfc: [unknown, unknown, unknown][] = [
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [["a", "b"], ["c", "d"], ["c", "d"]],
  [{ a: "b" }, ["c"], ["c"]],
  [{ a: "foo" }, null, null],
  [{ a: "foo" }, "bar", "bar"],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

/** The simplest merge patch that makes `target` of `source`, neither holding a null. */
function difference(source: JsonObject, target: JsonObject): JsonObject {
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(source)) if (!(key in target)) patch[key] = null;
  for (const [key, value] of Object.entries(target)) {
    if (deepEqual(source[key], value)) continue;
    patch[key] = isObject(source[key]) && isObject(value) ? difference(source[key], value) : value;
  }
  return patch;
}

function randomObject(random: SeededRandom, depth: number): JsonObject {
  const value = (): unknown =>
    depth > 0 && random.below(2) ? randomObject(random, depth - 1) : random.pick([1, "x", true, [], [{ a: 1 }], "", 0]);
  return Object.fromEntries(
    Array.from({ length: random.below(4) }, () => [random.pick(["a", "b", "c", "d"]), value()]),
  );
}

describe("merge patch", () => {
  rfc.forEach(([target, patch, result], number) => {
    it(`passes example ${number + 1} of the RFC`, () => {
      expect(mergeValue(deepFreeze(target), deepFreeze(patch))).toEqual(result);
    });
  });

  it("refuses a patch that is no object", () => {
    expect(() => applyMergePatch({}, null)).toThrow("Invalid JSON Patch");
    for (const [patch, type] of [[[], "array"], ["x", "string"], [1, "number"], [true, "bool"]] as const) {
      expect(() => applyMergePatch({}, patch)).toThrow(
        `error decoding patch: json: cannot unmarshal ${type} into Go value`,
      );
    }
  });

  it("refuses what is nested too deeply", () => {
    let deep: object = {};
    for (let i = 0; i < 100_000; i++) deep = { a: deep };
    expect(() => applyMergePatch({}, deep)).toThrow(/nested more than 1000 levels deep/);
  });

  it("takes hostile names for data", () => {
    const merged = applyMergePatch({}, JSON.parse('{"__proto__":{"polluted":true},"constructor":{"a":1}}'));
    expect(JSON.stringify(merged)).toBe('{"__proto__":{"polluted":true},"constructor":{"a":1}}');
    expect((merged as Record<string, unknown>).polluted).toBe(undefined);
  });

  it("makes the target of the source for any difference", () => {
    const random = seededRandom();
    for (let i = 0; i < 2000; i++) {
      const [source, target] = [randomObject(random, 3), randomObject(random, 3)];
      const patch = difference(source, target);
      const merged = applyMergePatch(deepFreeze(source), deepFreeze(patch));
      expect([random.seed, merged]).toEqual([random.seed, target]);
    }
  });
});
