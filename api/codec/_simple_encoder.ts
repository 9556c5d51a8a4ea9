/** Protobuf as protobufjs writes it, field by field in the order of the schema: slow and plain, what the real encoder is compared with. */
import { Writer } from "protobufjs/minimal";
import { parseDuration, parseTime } from "../meta/time.ts";
import type { FieldType, MessageSchema, Scalar, Schema } from "../schema/contract.ts";
import { MAGIC, type WirePlan, wirePlan } from "./_wire_plan.ts";
import { wireScalars } from "./_wire_scalars.ts";

type JsonObject = Readonly<Record<string, unknown>>;

export function simplyEncoded(object: JsonObject, message: MessageSchema, schema: Schema): Uint8Array {
  const writer = Writer.create();
  writer.uint32(10).fork().uint32(10).string(object.apiVersion as string).uint32(18).string(object.kind as string)
    .ldelim();
  writer.uint32(18).fork();
  writeMessage(writer, wirePlan(message), object, schema);
  return new Uint8Array([...MAGIC, ...writer.ldelim().finish()]);
}

function writeMessage(writer: Writer, plan: WirePlan, from: JsonObject, schema: Schema): void {
  for (const [number, entry] of plan.entries) {
    if (entry.is === "group") {
      if (!holdsAny(entry.plan, from)) continue;
      writer.uint32(number << 3 | 2).fork();
      writeMessage(writer, entry.plan, from, schema);
      writer.ldelim();
    } else if (from[entry.field.name] !== undefined) {
      writeField(writer, number, entry.field.type, from[entry.field.name], schema);
    }
  }
}

function holdsAny(plan: WirePlan, from: JsonObject): boolean {
  return plan.entries.values().some((entry) =>
    entry.is === "group" ? holdsAny(entry.plan, from) : from[entry.field.name] !== undefined
  );
}

function writeField(writer: Writer, number: number, type: FieldType, value: unknown, schema: Schema): void {
  switch (type.is) {
    case "scalar":
      writer.uint32(number << 3 | wireScalars[type.scalar].wireType);
      scalars[type.scalar](writer, value as never);
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
        writeField(writer, 2, type.of, item, schema);
        writer.ldelim();
      }
  }
}

const scalars: Readonly<Record<Scalar, (writer: Writer, value: never) => unknown>> = {
  string: (w, v: string) => w.string(v),
  bool: (w, v: boolean) => w.bool(v),
  int32: (w, v: number) => w.int32(v),
  int64: (w, v: number) => w.int64(v),
  double: (w, v: number) => w.double(v),
  bytes: (w, v: string) => w.bytes(Uint8Array.fromBase64(v)),
  quantity: (w, v: string | number) => w.fork().uint32(10).string(String(v)).ldelim(),
  intOrString: (w, v: string | number) =>
    typeof v === "string"
      ? w.fork().uint32(8).int64(1).uint32(16).int32(0).uint32(26).string(v).ldelim()
      : w.fork().uint32(8).int64(0).uint32(16).int32(v).uint32(26).string("").ldelim(),
  time: (w, v: string) => writeTime(w, v),
  microTime: (w, v: string) => writeTime(w, v),
  duration: (w, v: string) => w.fork().uint32(8).int64(Math.round(parseDuration(v) * 1e6)).ldelim(),
  raw: (w, v: unknown) => w.fork().uint32(10).string(JSON.stringify(v)).ldelim(),
};

function writeTime(writer: Writer, text: string): void {
  const micros = Math.round(parseTime(text) * 1000);
  const seconds = Math.floor(micros / 1e6);
  writer.fork().uint32(8).int64(seconds).uint32(16).int32((micros - seconds * 1e6) * 1000).ldelim();
}
