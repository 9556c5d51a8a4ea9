import type { Reader } from "protobufjs/minimal";
import type { Scalar } from "../schema/contract.ts";
import { formatDuration, formatMicroTime, formatTime, parseDuration, parseTime } from "../meta/time.ts";
import { JsonText } from "./json_text.ts";
import type { WireWriter } from "./_wire_writer.ts";

/** How a scalar stands in protobuf. `read` answers undefined for what Go keeps as "not set". */
export interface WireScalar {
  readonly wireType: 0 | 1 | 2;
  readonly read: (reader: Reader) => unknown;
  /** Without the field's tag. */
  readonly write: (writer: WireWriter, value: unknown) => void;
}

const decoder = new TextDecoder();

/** Reads a message of scalars: what its fields hold by their numbers; 0 and "" where it has none. */
function readFields(reader: Reader, on: Readonly<Record<number, (reader: Reader) => void>>): void {
  const end = reader.uint32() + reader.pos;
  if (end > reader.len) throw new RangeError("a message ends beyond the body");
  while (reader.pos < end) {
    const tag = reader.uint32();
    const read = on[tag >>> 3];
    if (read) read(reader);
    else reader.skipType(tag & 7);
  }
}

function readTime(reader: Reader): { seconds: number; nanos: number } {
  const time = { seconds: 0, nanos: 0 };
  readFields(reader, { 1: (r) => time.seconds = Number(r.int64()), 2: (r) => time.nanos = r.int32() });
  return time;
}

function writeTime(writer: WireWriter, text: string): void {
  const micros = Math.round(parseTime(text) * 1000);
  const seconds = Math.floor(micros / 1e6);
  writeInteger(writer, 1, seconds);
  writeInteger(writer, 2, (micros - seconds * 1e6) * 1000);
}

function writeInteger(writer: WireWriter, number: number, value: number): void {
  writer.varint(number << 3);
  writer.integer(value);
}

function writeText(writer: WireWriter, number: number, text: string): void {
  writer.varint(number << 3 | 2);
  writer.text(text);
}

function writeQuantity(writer: WireWriter, value: unknown): void {
  writeText(writer, 1, String(value));
}

function writeIntOrString(writer: WireWriter, value: unknown): void {
  const isText = typeof value === "string";
  writeInteger(writer, 1, isText ? 1 : 0);
  writeInteger(writer, 2, isText ? 0 : value as number);
  writeText(writer, 3, isText ? value : "");
}

function writeDuration(writer: WireWriter, text: string): void {
  writeInteger(writer, 1, Math.round(parseDuration(text) * 1e6));
}

function writeRaw(writer: WireWriter, text: string): void {
  writeText(writer, 1, text);
}

function timeScalar(format: (milliseconds: number) => string): WireScalar {
  return {
    wireType: 2,
    read(reader) {
      const { seconds, nanos } = readTime(reader);
      // Go's zero time, which JSON leaves out.
      return seconds === 0 && nanos === 0 ? undefined : format(seconds * 1000 + Math.floor(nanos / 1000) / 1000);
    },
    write: (writer, value) => void writer.message(1, writeTime, value as string),
  };
}

export const wireScalars: Readonly<Record<Scalar, WireScalar>> = {
  string: { wireType: 2, read: (r) => r.string(), write: (w, v) => w.text(String(v)) },
  bool: { wireType: 0, read: (r) => r.bool(), write: (w, v) => w.varint(v ? 1 : 0) },
  int32: { wireType: 0, read: (r) => r.int32(), write: (w, v) => w.integer(v as number) },
  int64: { wireType: 0, read: (r) => Number(r.int64()), write: (w, v) => w.integer(v as number) },
  double: { wireType: 1, read: (r) => r.double(), write: (w, v) => w.double(v as number) },
  bytes: {
    wireType: 2,
    read: (r) => (r.bytes() as Uint8Array).toBase64(),
    write: (w, v) => w.blob(Uint8Array.fromBase64(v as string)),
  },
  quantity: {
    wireType: 2,
    read(reader) {
      let text = "0";
      readFields(reader, { 1: (r) => text = r.string() || "0" });
      return text;
    },
    write: (w, v) => void w.message(1, writeQuantity, v),
  },
  intOrString: {
    wireType: 2,
    read(reader) {
      let isText = false;
      let number = 0;
      let text = "";
      readFields(reader, {
        1: (r) => isText = Number(r.int64()) === 1,
        2: (r) => number = r.int32(),
        3: (r) => text = r.string(),
      });
      return isText ? text : number;
    },
    write: (w, v) => void w.message(1, writeIntOrString, v),
  },
  time: timeScalar(formatTime),
  microTime: timeScalar(formatMicroTime),
  duration: {
    wireType: 2,
    read(reader) {
      let nanoseconds = 0;
      readFields(reader, { 1: (r) => nanoseconds = Number(r.int64()) });
      return formatDuration(nanoseconds / 1e6);
    },
    write: (w, v) => void w.message(1, writeDuration, v as string),
  },
  raw: {
    wireType: 2,
    read(reader) {
      let bytes: Uint8Array | undefined;
      readFields(reader, { 1: (r) => bytes = r.bytes() as Uint8Array });
      return bytes === undefined || bytes.length === 0 ? undefined : JSON.parse(decoder.decode(bytes));
    },
    write(w, v) {
      const text = v instanceof JsonText ? v.text : JSON.stringify(v);
      w.message(text.length < 125 ? 1 : 2, writeRaw, text);
    },
  },
};

/** What stands for a value that a map's entry leaves out: protobuf does not write zero values. */
export const wireZeros: Readonly<Record<Scalar, unknown>> = {
  string: "",
  bool: false,
  int32: 0,
  int64: 0,
  double: 0,
  bytes: "",
  quantity: "0",
  intOrString: 0,
  time: undefined,
  microTime: undefined,
  duration: "0s",
  raw: undefined,
};
