import type { FieldSchema, FieldType, MessageSchema, Scalar, Schema } from "../../api/schema/contract.ts";

type Json = Record<string, unknown>;
export type Segment = string | number;

/** One change to an object: `value` put at `path`, or what is there taken away when it is `undefined`. */
export interface Mutation {
  readonly path: readonly Segment[];
  readonly value: unknown;
}

/** What a scalar may not be in most places, and what is zero, large or odd. */
const SCALARS: Readonly<Record<Scalar, readonly unknown[]>> = {
  string: ["", "Not_A.Name!", "a", "x".repeat(300), "with space"],
  bool: [true, false],
  int32: [-1, 0, 1, 70000, 2147483647],
  int64: [-1, 0, 1, 9007199254740991],
  double: [-1, 0, 0.5],
  bytes: ["", "YQ=="],
  quantity: ["-1", "0", "1500m", "1Gi", "bad", 5, "0.0001"],
  intOrString: [-1, 0, 1, 70000, "50%", "150%", "-5%", "bad_name", "http", ""],
  time: ["2026-01-02T03:04:05Z", "yesterday"],
  microTime: ["2026-01-02T03:04:05.000006Z", "yesterday"],
  duration: ["1s", "bad"],
  raw: [{}, { any: "thing" }],
};

/** Fields of every kind's metadata: asked of one kind with all values, of the others not at all. */
const SERVER_OWNED = new Set(["apiVersion", "kind", "managedFields", "creationTimestamp", "uid", "resourceVersion"]);

/**
 * Changes of `object`, one place at a time: each present field taken away or given odd values, each absent field given the least of what fits, lists emptied, doubled
 * and with a doubled element, maps with odd keys. `skip` holds top-level fields that are left alone.
 */
export function* mutationsOf(
  schema: Schema,
  message: MessageSchema,
  object: Json,
  skip: ReadonlySet<string>,
): Generator<Mutation> {
  for (const field of message.fields.values()) {
    if (skip.has(field.name)) continue;
    yield* ofField(schema, field, object, [field.name]);
  }
}

function* ofField(schema: Schema, field: FieldSchema, holder: Json, path: readonly Segment[]): Generator<Mutation> {
  if (SERVER_OWNED.has(field.name) && path.length < 3) return;
  const value = holder[field.name];
  if (value === undefined || value === null) {
    for (const filled of fillings(schema, field)) yield { path, value: filled };
    return;
  }
  yield { path, value: undefined };
  if (field.enum) { for (const one of field.enum) if (one !== value) yield { path, value: one }; }
  yield* ofValue(schema, field.type, value, path);
}

function* ofValue(schema: Schema, type: FieldType, value: unknown, path: readonly Segment[]): Generator<Mutation> {
  switch (type.is) {
    case "scalar":
      for (const odd of SCALARS[type.scalar]) if (odd !== value) yield { path, value: odd };
      return;
    case "message":
      yield { path, value: {} };
      for (const field of schema.message(type.message).fields.values()) {
        yield* ofField(schema, field, value as Json, [...path, field.name]);
      }
      return;
    case "list": {
      const list = value as unknown[];
      yield { path, value: [] };
      if (list.length > 0) yield { path, value: [...list, list[0]] };
      if (list.length > 1) yield { path, value: list.toReversed() };
      if (type.of.is === "message") yield { path, value: [...list, {}] };
      for (const [index, element] of list.entries()) yield* ofValue(schema, type.of, element, [...path, index]);
      return;
    }
    case "map": {
      const map = value as Json;
      yield { path, value: {} };
      // In whatever order a server writes them.
      const [key] = Object.keys(map).sort();
      const first = key === undefined ? undefined : map[key];
      for (const odd of ["Bad Key!", "a/b/c", "x".repeat(64), "example.com/ok", ""]) {
        yield { path, value: { ...map, [odd]: first ?? sample(schema, type.of, 0) } };
      }
      if (key !== undefined) yield* ofValue(schema, type.of, map[key], [...path, key]);
    }
  }
}

/** What an absent field is given. */
function fillings(schema: Schema, field: FieldSchema): readonly unknown[] {
  if (field.enum) return [...field.enum, "Bogus"];
  const { type } = field;
  if (type.is === "scalar") return type.scalar === "string" ? ["a", "Not_A.Name!"] : SCALARS[type.scalar];
  if (type.is === "message") return [{}, sample(schema, type, 2)];
  return type.is === "list" ? [[sample(schema, type.of, 1)]] : [{ key: sample(schema, type.of, 1) }];
}

/** The least of a type: required fields only, `depth` levels deep. */
function sample(schema: Schema, type: FieldType, depth: number): unknown {
  if (type.is === "scalar") return SCALARS[type.scalar].at(type.scalar === "string" ? 2 : 0);
  if (type.is === "list") return [];
  if (type.is === "map") return {};
  const object: Json = {};
  for (const field of schema.message(type.message).fields.values()) {
    if (!field.required || depth === 0) continue;
    object[field.name] = field.enum?.[0] ?? sample(schema, field.type, depth - 1);
  }
  return object;
}

/** A copy of the object with the change in it. */
export function mutate<T>(object: T, { path, value }: Mutation): T {
  // What occurs twice in an object is changed in one place alone.
  const copy = JSON.parse(JSON.stringify(object)) as T;
  // deno-lint-ignore no-explicit-any
  let holder = copy as any;
  for (const segment of path.slice(0, -1)) holder = holder[segment] ??= {};
  const last = path.at(-1)!;
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return copy;
}

/** `spec.ports[].name = "x"`, shortened. */
export function describe({ path, value }: Mutation): string {
  const text = value === undefined ? "absent" : JSON.stringify(value);
  return `${pathText(path)} = ${text.length > 80 ? `${text.slice(0, 77)}...` : text}`;
}

function pathText(path: readonly Segment[]): string {
  return path.map((segment) => typeof segment === "number" ? `[${segment}]` : `.${segment}`).join("").slice(1);
}
