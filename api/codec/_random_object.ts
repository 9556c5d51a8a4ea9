/** Random objects of any kind, made from the schema, for property tests. */
import type { SeededRandom } from "../meta/_seeded_random.ts";
import type { FieldType, MessageSchema, Scalar, Schema } from "../schema/contract.ts";
import type { Segment } from "./problem.ts";

export type RandomObject = Record<string, unknown>;

/** A message's value that comes back from decoding as it is: canonical, and without what would be left out. */
export function randomObject(schema: Schema, message: MessageSchema, random: SeededRandom, depth = 0): RandomObject {
  const object: RandomObject = {};
  for (const field of message.fields.values()) {
    // Deep down only what must be there is written, or recursive messages would never end.
    if (!field.required && (depth > 6 || random.next() < 0.5)) continue;
    object[field.name] = randomValue(schema, field.type, random, depth);
  }
  return object;
}

function randomValue(schema: Schema, type: FieldType, random: SeededRandom, depth: number): unknown {
  if (type.is === "scalar") return randomScalar(type.scalar, random);
  if (type.is === "message") return randomObject(schema, schema.message(type.message), random, depth + 1);
  const values = Array.from({ length: 1 + random.below(2) }, () => randomValue(schema, type.of, random, depth + 1));
  return type.is === "list" ? values : Object.fromEntries(values.map((v, i) => [`key-${i}.example/x`, v]));
}

const scalars: Readonly<Record<Scalar, (random: SeededRandom) => unknown>> = {
  string: (r) =>
    r.pick(["a", 'quo"te', "back\\slash", 'tricky\\":', "ünïcode ✓", "yes", "0644", "- x: y", "line\nbreak"]),
  bool: () => true,
  int32: (r) => r.pick([1, -1, 2 ** 31 - 1, -(2 ** 31), 8080]),
  int64: (r) => r.pick([1, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]),
  double: (r) => r.pick([0.5, -1e30, 7]),
  bytes: (r) => r.pick(["YQ==", "YWI=", "YWJj"]),
  quantity: (r) => r.pick(["0", "1", "100m", "1Gi", "1500", "3k"]),
  intOrString: (r) => r.pick([1, "http", "25%"]),
  time: (r) => r.pick(["2026-01-02T03:04:05Z", "2024-02-29T23:59:59Z"]),
  microTime: (r) => r.pick(["2026-01-02T03:04:05.000002Z", "2024-02-29T23:59:59.999999Z"]),
  duration: (r) => r.pick(["1h30m0s", "10s"]),
  raw: (r) => r.pick<unknown>([{ any: { thing: [1, null, "x", { deep: true }] } }, { "f:metadata": { ".": {} } }]),
};

function randomScalar(scalar: Scalar, random: SeededRandom): unknown {
  return scalars[scalar](random);
}

/** A place in an object where the schema knows the type. */
export interface Place {
  readonly path: readonly Segment[];
  readonly type: FieldType;
  readonly holder: RandomObject;
  /** In `holder`. */
  readonly name: string;
}

/** Every field of every message in `object`. */
export function placesOf(schema: Schema, message: MessageSchema, object: RandomObject): Place[] {
  const places: Place[] = [];
  const visit = (value: unknown, type: FieldType, path: readonly Segment[]): void => {
    if (type.is === "list") (value as unknown[]).forEach((v, i) => visit(v, type.of, [...path, i]));
    if (type.is === "map") {
      for (const [k, v] of Object.entries(value as RandomObject)) {
        visit(v, type.of, [...path, k]);
      }
    }
    if (type.is !== "message") return;
    const holder = value as RandomObject;
    for (const [name, found] of Object.entries(holder)) {
      const field = schema.message(type.message).fields.get(name)!;
      places.push({ path: [...path, name], type: field.type, holder, name });
      visit(found, field.type, [...path, name]);
    }
  };
  visit(object, { is: "message", message: message.name }, []);
  return places;
}
