import type { Reader, Writer } from "protobufjs/minimal";
import type { Scalar } from "../schema/contract.ts";
import { formatDuration, formatMicroTime, formatTime, parseDuration, parseTime } from "../meta/time.ts";

/** How a scalar stands in protobuf. `read` answers undefined for what Go keeps as "not set". */
export interface WireScalar {
  readonly wireType: 0 | 1 | 2;
  readonly read: (reader: Reader) => unknown;
  /** Without the field's tag. */
  readonly write: (writer: Writer, value: unknown) => void;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

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

function writeTime(writer: Writer, milliseconds: number): void {
  const micros = Math.round(milliseconds * 1000);
  const seconds = Math.floor(micros / 1e6);
  writer.fork().uint32(8).int64(seconds).uint32(16).int32((micros - seconds * 1e6) * 1000).ldelim();
}

function timeScalar(format: (milliseconds: number) => string): WireScalar {
  return {
    wireType: 2,
    read(reader) {
      const { seconds, nanos } = readTime(reader);
      // Go's zero time, which JSON leaves out.
      return seconds === 0 && nanos === 0 ? undefined : format(seconds * 1000 + Math.floor(nanos / 1000) / 1000);
    },
    write: (writer, value) => writeTime(writer, parseTime(value as string)),
  };
}

export const wireScalars: Readonly<Record<Scalar, WireScalar>> = {
  string: { wireType: 2, read: (r) => r.string(), write: (w, v) => void w.string(v as string) },
  bool: { wireType: 0, read: (r) => r.bool(), write: (w, v) => void w.bool(v as boolean) },
  int32: { wireType: 0, read: (r) => r.int32(), write: (w, v) => void w.int32(v as number) },
  int64: { wireType: 0, read: (r) => Number(r.int64()), write: (w, v) => void w.int64(v as number) },
  double: { wireType: 1, read: (r) => r.double(), write: (w, v) => void w.double(v as number) },
  bytes: {
    wireType: 2,
    read: (r) => (r.bytes() as Uint8Array).toBase64(),
    write: (w, v) => void w.bytes(Uint8Array.fromBase64(v as string)),
  },
  quantity: {
    wireType: 2,
    read(reader) {
      let text = "0";
      readFields(reader, { 1: (r) => text = r.string() || "0" });
      return text;
    },
    write: (w, v) => void w.fork().uint32(10).string(String(v)).ldelim(),
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
    write: (w, v) =>
      void (typeof v === "string"
        ? w.fork().uint32(8).int64(1).uint32(16).int32(0).uint32(26).string(v).ldelim()
        : w.fork().uint32(8).int64(0).uint32(16).int32(v as number).uint32(26).string("").ldelim()),
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
    write: (w, v) => void w.fork().uint32(8).int64(Math.round(parseDuration(v as string) * 1e6)).ldelim(),
  },
  raw: {
    wireType: 2,
    read(reader) {
      let bytes: Uint8Array | undefined;
      readFields(reader, { 1: (r) => bytes = r.bytes() as Uint8Array });
      return bytes === undefined || bytes.length === 0 ? undefined : JSON.parse(decoder.decode(bytes));
    },
    write: (w, v) => void w.fork().uint32(10).bytes(encoder.encode(JSON.stringify(v))).ldelim(),
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
