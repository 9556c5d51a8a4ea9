import { expect, it } from "vitest";
import { type SeededRandom, seededRandom } from "../meta/_seeded_random.ts";
import { deepFreeze } from "../meta/freeze.ts";
import type { FieldSchema, FieldType, MessageSchema } from "../schema/contract.ts";
import { apiVersionOf } from "../resource.ts";
import { schema } from "../schema/schema.ts";
import { type JsonObject } from "./_json.ts";
import { leavesOf, mergedLeaves, threeWayStrategicPatch } from "./_three_way.ts";
import { applyStrategicPatch } from "./strategic.ts";

/** Few values, so that three objects have much in common, and no empty maps or lists, which have no leaves. */
function randomObject(message: MessageSchema, random: SeededRandom, depth: number): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const field of message.fields.values()) {
    if (random.below(depth + 2) > 1) continue;
    const value = randomValue(field.type, field, random, depth);
    if (value !== undefined) object[field.name] = value;
  }
  return object;
}

function randomValue(type: FieldType, field: FieldSchema, random: SeededRandom, depth: number): unknown {
  if (type.is === "scalar") return random.pick([1, 2]);
  if (type.is === "map") return { [random.pick(["a", "b"])]: randomValue(type.of, field, random, depth) ?? 1, c: 1 };
  if (type.is === "message") {
    const object = depth > 5 ? {} : randomObject(schema.message(type.message), random, depth + 1);
    return Object.keys(object).length > 0 ? object : undefined;
  }
  if (!field.patchStrategy?.includes("merge")) return random.pick([[1], [1, 2], [{ a: 1 }]]);
  const keys = ["x", "y", "z"].filter(() => random.below(2) === 0);
  if (keys.length === 0) return undefined;
  if (field.patchMergeKey === undefined) return random.below(2) === 0 ? keys : keys.toReversed();
  const elements = keys.map((key) => ({
    ...randomValue(type.of, field, random, depth) as object,
    [field.patchMergeKey!]: key,
  }));
  return random.below(2) === 0 ? elements : elements.toReversed();
}

/** A step away from an object: some fields gone, some of another's. */
function changed(object: JsonObject, other: JsonObject, random: SeededRandom): JsonObject {
  const result: Record<string, unknown> = {};
  for (const name of new Set([...Object.keys(object), ...Object.keys(other)])) {
    const [mine, theirs] = [object[name], other[name]];
    const value = random.below(4) === 0 ? theirs : mine;
    const deeper = isMap(mine) && isMap(theirs) && random.below(2) === 0 ? changed(mine, theirs, random) : value;
    if (deeper !== undefined && !(isMap(deeper) && Object.keys(deeper).length === 0)) result[name] = deeper;
  }
  return result;
}

function isMap(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const random = seededRandom();

it(`three-way patches do what they mean (SKIFF_TEST_SEED=${random.seed})`, () => {
  let patched = 0;
  for (const row of schema.resources()) {
    const message = schema.ofKind(apiVersionOf(row), row.kind)!;
    const node = { is: "message", message } as const;
    for (let round = 0; round < 5; round++) {
      const [first, second, third] = [0, 1, 2].map(() => randomObject(message, random, 0)) as [
        JsonObject,
        JsonObject,
        JsonObject,
      ];
      const ways = {
        original: first,
        modified: changed(first, second, random),
        current: changed(first, third, random),
      };
      const patch = threeWayStrategicPatch(schema, node, ways);
      const result = applyStrategicPatch(schema, message, deepFreeze(ways.current), deepFreeze(patch));
      const sorted = (leaves: ReadonlyMap<string, string>) => [...leaves].toSorted();
      expect({ ...ways, kind: row.kind, patch, leaves: sorted(leavesOf(schema, node, result)) }).toEqual({
        ...{ ...ways, kind: row.kind, patch },
        leaves: sorted(mergedLeaves(schema, node, ways)),
      });
      // Who applies again changes nothing, but for orders, which are always said.
      const again = threeWayStrategicPatch(schema, node, { ...ways, original: ways.modified, current: result });
      expect(applyStrategicPatch(schema, message, deepFreeze(result), again)).toEqual(result);
      if (Object.keys(patch).length > 0) patched++;
    }
  }
  expect(patched).toBeGreaterThan(150);
});
