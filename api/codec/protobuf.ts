import { Reader, Writer } from "protobufjs/minimal";
import type { FieldType, Schema } from "../schema/contract.ts";
import { schema as builtIn } from "../schema/schema.ts";
import { wireScalars, wireZeros } from "./_wire_scalars.ts";
import { type WirePlan, wirePlan } from "./_wire_plan.ts";
import {
  type Decoded,
  type DecodedObject,
  type DecodeLimits,
  decodeValue,
  defaultLimits,
  type Expected,
  wrongTypes,
} from "./decode.ts";
import { DecodeError } from "./problem.ts";

/** Media type of the built-in kinds in protobuf, for requests and answers. */
export const PROTOBUF_TYPE = "application/vnd.kubernetes.protobuf";

export interface ProtobufOptions {
  readonly schema?: Schema;
  readonly limits?: DecodeLimits;
}

/** `k8s` and a zero byte begin every message; `runtime.Unknown` follows, whose second field holds the object. */
const MAGIC = new Uint8Array([0x6b, 0x38, 0x73, 0x00]);
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

/** Encodes an object with its envelope. Throws a RangeError for a kind that the schema does not hold: those are JSON only. */
export function encodeProtobuf(object: DecodedObject, schema: Schema = builtIn): Uint8Array {
  const { apiVersion, kind } = object;
  const message = schema.ofKind(apiVersion, kind);
  if (!message) throw new RangeError(`no kind ${kind} of ${apiVersion} is known in protobuf`);
  const writer = Writer.create();
  writer.uint32(10).fork().uint32(10).string(apiVersion).uint32(18).string(kind).ldelim();
  writer.uint32(18).fork();
  writeMessage(writer, wirePlan(message), object, schema);
  const body = writer.ldelim().finish();
  const framed = new Uint8Array(MAGIC.length + body.length);
  framed.set(MAGIC);
  framed.set(body, MAGIC.length);
  return framed;
}

/** One event of a watch as Go's streams frame it: four bytes of length, then a bare `WatchEvent` with the object in its envelope. */
export function encodeWatchFrame(type: string, object: Uint8Array): Uint8Array {
  const event = Writer.create().uint32(10).string(type).uint32(18).fork().uint32(10).bytes(object).ldelim().finish();
  const frame = new Uint8Array(4 + event.length);
  new DataView(frame.buffer).setUint32(0, event.length);
  frame.set(event, 4);
  return frame;
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

function writeMessage(writer: Writer, plan: WirePlan, from: Readonly<JsonObject>, schema: Schema): void {
  for (const [number, entry] of plan.entries) {
    if (entry.is === "group") {
      if (!holdsAny(entry.plan, from)) continue;
      writer.uint32(number << 3 | 2).fork();
      writeMessage(writer, entry.plan, from, schema);
      writer.ldelim();
      continue;
    }
    const value = Object.hasOwn(from, entry.field.name) ? from[entry.field.name] : undefined;
    if (value !== undefined && value !== null) writeField(writer, number, entry.field.type, value, schema);
  }
}

function holdsAny(plan: WirePlan, from: Readonly<JsonObject>): boolean {
  return plan.entries.values().some((entry) =>
    entry.is === "group" ? holdsAny(entry.plan, from) : from[entry.field.name] !== undefined
  );
}

function writeField(writer: Writer, number: number, type: FieldType, value: unknown, schema: Schema): void {
  switch (type.is) {
    case "scalar":
      writer.uint32(number << 3 | wireScalars[type.scalar].wireType);
      wireScalars[type.scalar].write(writer, value);
      return;
    case "message":
      writer.uint32(number << 3 | 2).fork();
      writeMessage(writer, wirePlan(schema.message(type.message)), value as JsonObject, schema);
      writer.ldelim();
      return;
    case "list":
      if (type.wrapped) writer.uint32(number << 3 | 2).fork();
      for (const item of value as unknown[]) writeField(writer, type.wrapped ? 1 : number, type.of, item, schema);
      if (type.wrapped) writer.ldelim();
      return;
    case "map":
      for (const [key, item] of Object.entries(value as JsonObject)) {
        writer.uint32(number << 3 | 2).fork().uint32(10).string(key);
        if (item !== null) writeField(writer, 2, type.of, item, schema);
        writer.ldelim();
      }
  }
}
