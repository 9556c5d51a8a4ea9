import type { FieldType, MessageSchema, Schema } from "../schema/contract.ts";
import { type WirePlan, wirePlan } from "./_wire_plan.ts";
import { wireScalars } from "./_wire_scalars.ts";
import type { WireWriter } from "./_wire_writer.ts";

/** Writes a value that is there, with its tag. */
export type WireEncoder = (writer: WireWriter, value: unknown) => void;

type JsonObject = Readonly<Record<string, unknown>>;

const encoders = new WeakMap<MessageSchema, WireEncoder>();

/** What writes the fields of a message. Made when first asked for, and kept. */
export function messageEncoder(message: MessageSchema, schema: Schema): WireEncoder {
  let encoder = encoders.get(message);
  if (encoder === undefined) encoders.set(message, encoder = planEncoder(wirePlan(message), schema));
  return encoder;
}

/** Looks for what the object has, which is a small part of what its message knows: fields go out in the object's order, groups after them. */
function planEncoder({ entries }: WirePlan, schema: Schema): WireEncoder {
  const fields = new Map<string, WireEncoder>();
  const groups = new Map<string, WireEncoder>();
  for (const [number, entry] of entries) {
    if (entry.is === "field") fields.set(entry.field.name, fieldEncoder(number, entry.field.type, schema));
    else {
      const group = nested(number, planEncoder(entry.plan, schema));
      for (const name of namesIn(entry.plan)) groups.set(name, group);
    }
  }
  return (writer, value) => {
    const object = value as JsonObject;
    let held: Set<WireEncoder> | undefined;
    for (const name in object) {
      const inner = object[name];
      if (inner === undefined || inner === null) continue;
      const encode = fields.get(name);
      if (encode !== undefined) encode(writer, inner);
      else {
        const group = groups.get(name);
        if (group !== undefined) (held ??= new Set()).add(group);
      }
    }
    if (held !== undefined) { for (const encode of held) encode(writer, object); }
  };
}

function* namesIn({ entries }: WirePlan): Generator<string> {
  for (const entry of entries.values()) {
    if (entry.is === "field") yield entry.field.name;
    else yield* namesIn(entry.plan);
  }
}

/** Of a list it writes all elements. */
export function fieldEncoder(number: number, type: FieldType, schema: Schema): WireEncoder {
  switch (type.is) {
    case "scalar": {
      const { wireType, write } = wireScalars[type.scalar];
      const tag = number << 3 | wireType;
      return (writer, value) => {
        writer.varint(tag);
        write(writer, value);
      };
    }
    case "message": {
      let encode: WireEncoder | undefined;
      // Looked up when it is needed: messages can hold themselves.
      return nested(number, (writer, value) => {
        encode ??= messageEncoder(schema.message(type.message), schema);
        encode(writer, value);
      });
    }
    case "list": {
      const encode = fieldEncoder(type.wrapped ? 1 : number, type.of, schema);
      const all: WireEncoder = (writer, value) => {
        for (const item of value as unknown[]) encode(writer, item);
      };
      return type.wrapped ? nested(number, all) : all;
    }
    case "map":
      return mapEncoder(number, fieldEncoder(2, type.of, schema));
  }
}

function mapEncoder(number: number, encode: WireEncoder): WireEncoder {
  const encodeEntry = nested(number, (writer, entry) => {
    const [key, value] = entry as readonly [string, unknown];
    writer.varint(10);
    writer.text(key);
    if (value !== null) encode(writer, value);
  });
  return (writer, value) => {
    for (const entry of Object.entries(value as JsonObject)) encodeEntry(writer, entry);
  };
}

/** A message in a field: its length comes first, and takes mostly as many bytes as the last time. */
function nested(number: number, encode: WireEncoder): WireEncoder {
  const tag = number << 3 | 2;
  let width = 1;
  return (writer, value) => {
    writer.varint(tag);
    width = writer.message(width, encode, value);
  };
}
