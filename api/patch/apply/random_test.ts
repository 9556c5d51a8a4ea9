import { describe, expect, it } from "vitest";
import { type SeededRandom, seededRandom } from "../../meta/_seeded_random.ts";
import { isObject, type JsonObject } from "../_json.ts";
import { extractPaths } from "./_extract.ts";
import { randomConfiguration } from "./_random_configuration.ts";
import { equalSets, Held, versionOf } from "./_testing.ts";
import { changedBy, compare, isSame } from "./compare.ts";
import {
  difference,
  type FieldSet,
  hasPath,
  intersection,
  pathsOf,
  recursiveDifference,
  setOf,
  union,
} from "./field_set.ts";
import { fieldSetOfValue } from "./field_set_of.ts";
import { formatFieldsV1, parseFieldsV1 } from "./fields_v1.ts";
import { formatPath } from "./path_element.ts";

const rounds = 300;
const pod = versionOf("v1", "Pod");

function held(): Held {
  return new Held("v1", "Pod");
}

/** Lists of sets and keyed elements in an order of their own: which of two appliers came first shows there, and only there. */
function unordered(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(unordered).map((item) => JSON.stringify(item)).sort();
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value).sort().map((key) => [key, unordered(value[key])]).filter(([key, part]) =>
      !isUnset(key as string, part)
    ),
  );
}

/** What applying nothing leaves behind, where the other order never had it; a key's default, which another applier may write out. */
function isUnset(key: string, value: unknown): boolean {
  return (isObject(value) && Object.keys(value).length === 0) || (key === "protocol" && value === "TCP");
}

function withRandom(test: (random: SeededRandom, seed: string) => void): void {
  const random = seededRandom();
  for (let round = 0; round < rounds; round++) test(random, `seed ${random.seed}, round ${round}`);
}

describe("any configurations", () => {
  it("commute, when their managers want nothing different", () => {
    withRandom((random, seed) => {
      const [a, b] = [randomConfiguration(random, () => "v"), randomConfiguration(random, () => "v")];
      const [first, second] = [held(), held()];
      first.apply("a", a);
      first.apply("b", b);
      second.apply("b", b);
      second.apply("a", a);
      expect({ seed, a, b, object: unordered(first.object) }).toEqual({ seed, a, b, object: unordered(second.object) });
      for (const manager of ["a", "b"]) {
        expect({ seed, fields: first.fieldsOf(manager) }).toEqual({ seed, fields: second.fieldsOf(manager) });
      }
    });
  });

  it("change nothing when they are applied again", () => {
    withRandom((random, seed) => {
      const value = () => random.pick(["v", "w"]);
      const configs = { a: randomConfiguration(random, value), b: randomConfiguration(random, value) };
      const object = held();
      object.apply("a", configs.a);
      object.apply("b", configs.b, true);
      const before = { object: object.object, records: object.records };
      object.apply("b", configs.b);
      expect({ seed, configs, object: object.object, records: object.records }).toEqual({ seed, configs, ...before });
    });
  });

  it("can be had back from what their managers own", () => {
    withRandom((random, seed) => {
      const object = held();
      for (const manager of ["x", "y"]) object.apply(manager, randomConfiguration(random, () => "v"));
      const config = randomConfiguration(random, () => "v");
      object.apply("a", config);
      const own = object.records.find(({ manager }) => manager === "a");
      const fields = own === undefined ? setOf() : parseFieldsV1(JSON.parse(own.fields));
      const extracted = extractPaths(pod.type, object.object, fields);
      expect({ seed, config: unordered(withoutName(extracted)) }).toEqual({
        seed,
        config: unordered(withoutName(config)),
      });
    });
  });

  it("take everything with them when their managers apply nothing", () => {
    withRandom((random, seed) => {
      const object = held();
      const managers = ["a", "b", "c"];
      for (let i = 0; i < 6; i++) {
        object.apply(random.pick(managers), randomConfiguration(random, () => random.pick(["v", "w"])), true);
      }
      for (const manager of managers) object.apply(manager, { metadata: { name: "x" } });
      expect({ seed, object: object.object }).toEqual({ seed, object: { metadata: { name: "x" } } });
      expect({ seed, records: object.records }).toEqual({ seed, records: [] });
    });
  });

  it("leave every field to those who set it last", () => {
    withRandom((random, seed) => {
      const object = held();
      // What nobody owns a field of is not tracked.
      object.update("creator", () => ({ spec: { hostname: "v" }, ...randomConfiguration(random, () => "v") }));
      const before = object.object;
      const wanted = randomConfiguration(random, () => random.pick(["v", "w"]));
      object.update("editor", () => wanted);
      const changed = changedBy(compare(pod.type, before, wanted));
      const fields = (manager: string) => parseFieldsV1(object.fieldsOf(manager) ?? {});
      for (const path of pathsOf(changed)) {
        const shown = `${seed} ${formatPath(path)}`;
        if (path[0] === "f:metadata" && path.length < 3 && path[1] !== "f:labels" && path[1] !== "f:finalizers") {
          continue;
        }
        expect([shown, hasPath(fields("editor"), path), hasPath(fields("creator"), path)]).toEqual([
          shown,
          true,
          false,
        ]);
      }
      const all = union(union(fields("editor"), fields("creator")), setOf(["f:metadata", "f:name"]));
      const gone = difference(all, changedBy(compare(pod.type, {}, wanted)));
      expect({ seed, gone: [...pathsOf(gone)].map(formatPath).filter((path) => path !== ".metadata.name") }).toEqual({
        seed,
        gone: [],
      });
    });
  });
});

describe("comparisons", () => {
  it("find nothing between equal objects, and the same paths in both directions", () => {
    withRandom((random, seed) => {
      const value = () => random.pick(["v", "w"]);
      const [a, b] = [randomConfiguration(random, value), randomConfiguration(random, value)];
      expect([seed, isSame(compare(pod.type, a, structuredClone(a)))]).toEqual([seed, true]);
      const [there, back] = [compare(pod.type, a, b), compare(pod.type, b, a)];
      expect([seed, formatFieldsV1(there.added)]).toEqual([seed, formatFieldsV1(back.removed)]);
      expect([seed, formatFieldsV1(there.modified)]).toEqual([seed, formatFieldsV1(back.modified)]);
      expect([seed, intersection(there.added, there.removed).size]).toEqual([seed, 0]);
    });
  });
});

describe("field sets", () => {
  const random = seededRandom();
  const sets = () => {
    const of = () => fieldSetOfValue(pod.type, randomConfiguration(random, () => "v"));
    return [of(), of(), of()] as const;
  };
  const texts = (set: FieldSet) => [...pathsOf(set)].map(formatPath).sort();

  it("are sets", () => {
    for (let round = 0; round < rounds; round++) {
      const seed = `seed ${random.seed}, round ${round}`;
      const [a, b, c] = sets();
      const [inA, inB] = [texts(a), texts(b)];
      expect([seed, ...texts(union(a, b))]).toEqual([seed, ...new Set([...inA, ...inB])].toSorted(seedFirst(seed)));
      expect([seed, ...texts(intersection(a, b))]).toEqual([seed, ...inA.filter((path) => inB.includes(path))]);
      expect([seed, ...texts(difference(a, b))]).toEqual([seed, ...inA.filter((path) => !inB.includes(path))]);
      expect([seed, equalSets(difference(a, union(b, c)), difference(difference(a, b), c))]).toEqual([seed, true]);
      expect([seed, union(a, a) === a, union(a, intersection(a, b)) === a]).toEqual([seed, true, true]);
      const below = texts(recursiveDifference(a, b));
      expect([seed, ...below]).toEqual([seed, ...inA.filter((path) => !inB.some((other) => isAtOrBelow(path, other)))]);
    }
  });

  it("are the same after a passage through FieldsV1", () => {
    for (let round = 0; round < rounds; round++) {
      const [a, b] = sets();
      for (const set of [a, union(a, b), difference(a, b)]) {
        const text = formatFieldsV1(set);
        const parsed = parseFieldsV1(JSON.parse(text));
        expect([random.seed, equalSets(parsed, set), formatFieldsV1(parsed)]).toEqual([random.seed, true, text]);
      }
    }
  });
});

function seedFirst(seed: string) {
  return (a: string, b: string) => a === seed ? -1 : b === seed ? 1 : a < b ? -1 : a > b ? 1 : 0;
}

function isAtOrBelow(path: string, other: string): boolean {
  return path === other || path.startsWith(`${other}.`) || path.startsWith(`${other}[`);
}

function withoutName(config: unknown): JsonObject {
  const { metadata, ...rest } = config as { metadata?: JsonObject };
  const { name: _name, ...others } = metadata ?? {};
  return { metadata: others, ...rest };
}
