import { Reader } from "protobufjs/minimal";
import type { FieldType, Schema } from "../schema/contract.ts";
import { schema as builtIn } from "../schema/schema.ts";
import { wireScalars, wireZeros } from "./_wire_scalars.ts";
import { MAGIC, type WirePlan, wirePlan } from "./_wire_plan.ts";
import { type Decoded, type DecodeLimits, decodeValue, defaultLimits, type Expected, wrongTypes } from "./decode.ts";
import { DecodeError } from "./problem.ts";

export interface ProtobufOptions {
  readonly schema?: Schema;
  readonly limits?: DecodeLimits;
}

const MAX_DEPTH = 100;

type JsonObject = Record<string, unknown>;

/**
 * Decodes one object from the envelope that Kubernetes' clients send. Throws a {@linkcode DecodeError} as `decodeJSON` does. Unknown fields are passed over: no
 * client can tell that it sent one.
 */
export function decodeProtobuf(bytes: Uint8Array, expected: Expected = {}, options: ProtobufOptions = {}): Decoded {
  const { schema = builtIn, limits = defaultLimits } = options;
  if (bytes.length > limits.maxLength) {
    throw new DecodeError(
      "TooLarge",
      `${bytes.length} bytes of protobuf are more than the limit of ${limits.maxLength}`,
    );
  }
  const value = guarded(() => {
    const { apiVersion = expected.apiVersion, kind = expected.kind, raw } = openEnvelope(bytes);
    if (!apiVersion || !kind) {
      throw new DecodeError("MissingKind", "the protobuf envelope names no apiVersion and kind");
    }
    const message = schema.ofKind(apiVersion, kind);
    if (!message) throw new DecodeError("WrongKind", `no kind ${kind} of ${apiVersion} is known in protobuf`);
    const object: JsonObject = { apiVersion, kind };
    const reader = Reader.create(raw);
    readMessage(reader, reader.len, wirePlan(message), object, schema, 0);
    return object;
  });
  const { object, message, wrong } = decodeValue(value, expected, schema);
  if (wrong.length > 0) throw wrongTypes(wrong);
  return { object, message, problems: [] };
}

/** What protobufjs throws for a body that is cut off or no protobuf is the client's fault. */
function guarded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError) throw error;
    throw new DecodeError("Syntax", `invalid protobuf: ${error instanceof Error ? error.message : error}`);
  }
}

function openEnvelope(bytes: Uint8Array): { apiVersion?: string; kind?: string; raw: Uint8Array } {
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) {
    throw new DecodeError("Syntax", "invalid protobuf: the body does not begin with the four bytes k8s\\0");
  }
  if (bytes.length === MAGIC.length) throw new DecodeError("Syntax", "empty body");
  const reader = Reader.create(bytes.subarray(MAGIC.length));
  const found: { apiVersion?: string; kind?: string; raw: Uint8Array } = { raw: new Uint8Array() };
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) {
      const end = endOf(reader);
      while (reader.pos < end) {
        const inner = reader.uint32();
        const text = inner >>> 3 === 1 || inner >>> 3 === 2 ? reader.string() : void reader.skipType(inner & 7);
        if (text && inner >>> 3 === 1) found.apiVersion = text;
        if (text && inner >>> 3 === 2) found.kind = text;
      }
    } else if (tag >>> 3 === 2) found.raw = reader.bytes() as Uint8Array;
    else reader.skipType(tag & 7);
  }
  return found;
}

function endOf(reader: Reader): number {
  const end = reader.uint32() + reader.pos;
  if (end > reader.len) throw new RangeError("a message ends beyond the body");
  return end;
}

function readMessage(
  reader: Reader,
  end: number,
  plan: WirePlan,
  into: JsonObject,
  schema: Schema,
  depth: number,
): void {
  if (depth > MAX_DEPTH) throw new RangeError(`messages nest deeper than ${MAX_DEPTH}`);
  while (reader.pos < end) {
    const tag = reader.uint32();
    const entry = plan.entries.get(tag >>> 3);
    if (!entry) reader.skipType(tag & 7);
    else if (entry.is === "group") readMessage(reader, endOf(reader), entry.plan, into, schema, depth + 1);
    else {
      const { name, type } = entry.field;
      const value = readValue(reader, tag & 7, type, into[name], schema, depth);
      if (value !== undefined) into[name] = value;
    }
  }
}

/** `before` is what the field holds so far: lists, maps and repeated messages add to it. */
function readValue(
  reader: Reader,
  wireType: number,
  type: FieldType,
  before: unknown,
  schema: Schema,
  depth: number,
): unknown {
  switch (type.is) {
    case "scalar":
      mustBe(wireType, wireScalars[type.scalar].wireType);
      return wireScalars[type.scalar].read(reader);
    case "message": {
      mustBe(wireType, 2);
      const object = (before ?? {}) as JsonObject;
      readMessage(reader, endOf(reader), wirePlan(schema.message(type.message)), object, schema, depth + 1);
      return object;
    }
    case "list":
      return readList(reader, wireType, type, (before ?? []) as unknown[], schema, depth);
    case "map":
      mustBe(wireType, 2);
      return readEntry(reader, type.of, (before ?? {}) as JsonObject, schema, depth);
  }
}

function readList(
  reader: Reader,
  wireType: number,
  type: FieldType & { is: "list" },
  list: unknown[],
  schema: Schema,
  depth: number,
): unknown[] {
  if (type.wrapped) {
    mustBe(wireType, 2);
    const end = endOf(reader);
    while (reader.pos < end) {
      const tag = reader.uint32();
      if (tag >>> 3 === 1) list.push(readValue(reader, tag & 7, type.of, undefined, schema, depth + 1));
      else reader.skipType(tag & 7);
    }
    return list;
  }
  // Numbers may come packed into one field.
  if (type.of.is === "scalar" && wireScalars[type.of.scalar].wireType === 0 && wireType === 2) {
    const end = endOf(reader);
    while (reader.pos < end) list.push(wireScalars[type.of.scalar].read(reader));
    return list;
  }
  list.push(readValue(reader, wireType, type.of, undefined, schema, depth));
  return list;
}

function readEntry(reader: Reader, of: FieldType, map: JsonObject, schema: Schema, depth: number): JsonObject {
  const end = endOf(reader);
  let key = "";
  let value = emptyOf(of);
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) key = reader.string();
    else if (tag >>> 3 === 2) value = readValue(reader, tag & 7, of, undefined, schema, depth + 1);
    else reader.skipType(tag & 7);
  }
  // A key such as __proto__ must become a key; a time that is not set is null in JSON.
  Object.defineProperty(map, key, { value: value ?? null, enumerable: true, configurable: true, writable: true });
  return map;
}

const empties: Readonly<Record<Exclude<FieldType["is"], "scalar">, () => unknown>> = {
  message: () => ({}),
  list: () => [],
  map: () => ({}),
};

function emptyOf(type: FieldType): unknown {
  return type.is === "scalar" ? wireZeros[type.scalar] : empties[type.is]();
}

function mustBe(found: number, wanted: number): void {
  if (found !== wanted) throw new RangeError(`wire type ${found} where ${wanted} belongs`);
}
