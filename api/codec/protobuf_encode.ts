import type { MessageSchema, Schema } from "../schema/contract.ts";
import { schema as builtIn } from "../schema/schema.ts";
import { fieldEncoder, messageEncoder, type WireEncoder } from "./_wire_encoder.ts";
import { MAGIC } from "./_wire_plan.ts";
import { WireWriter } from "./_wire_writer.ts";

/** An object of the API; what else it has is found by its kind's message. */
export interface Encodable {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: unknown;
}

/** Pieces of a long list are of about this size, in bytes. */
const PIECE = 256 * 1024;

/** Most objects have between 128 and 16,383 bytes. */
const OBJECT_WIDTH = 2;

const noLength = new Uint8Array(4);

/** What all but lists are written in, one after the other. */
const shared = new WireWriter();

/** Encodes an object with its envelope. Throws a RangeError for a kind that the schema does not hold: those are JSON only. */
export function encodeProtobuf(object: Encodable, schema: Schema = builtIn): Uint8Array {
  shared.clear();
  writeEnveloped(shared, { object, schema });
  return shared.take();
}

/** One event of a watch as Go's streams frame it: four bytes of length, then a bare `WatchEvent` with the object in its envelope. */
export function encodeWatchFrame(type: string, object: Encodable, schema: Schema = builtIn): Uint8Array {
  shared.clear();
  shared.raw(noLength);
  shared.varint(10);
  shared.text(type);
  shared.varint(18);
  shared.message(OBJECT_WIDTH, writeRawExtension, { object, schema });
  const frame = shared.take();
  new DataView(frame.buffer).setUint32(0, frame.length - noLength.length);
  return frame;
}

/** A list is encoded item by item, so that its objects need not all be there at once, nor at one go. */
export class ProtobufListEncoder {
  readonly #writer = new WireWriter();
  readonly #pieces: Uint8Array[] = [];
  readonly #kind: Encodable;
  readonly #message: MessageSchema;
  readonly #encodeItem: WireEncoder;
  #length = 0;

  /** `list` has all but the items. Throws as {@linkcode encodeProtobuf} does. */
  constructor(list: Encodable, schema: Schema = builtIn) {
    this.#kind = list;
    this.#message = messageOf(list, schema);
    const items = this.#message.fields.get("items");
    if (items?.type.is !== "list") throw new RangeError(`${list.kind} of ${list.apiVersion} is no list`);
    this.#encodeItem = fieldEncoder(items.number, items.type.of, schema);
    messageEncoder(this.#message, schema)(this.#writer, list);
  }

  /** Answers whether a piece has been completed: a good place for a pause. */
  add(item: unknown): boolean {
    this.#encodeItem(this.#writer, item);
    if (this.#writer.length < PIECE) return false;
    this.#cut();
    return true;
  }

  /** The whole, in one piece or more. */
  finish(): Uint8Array[] {
    this.#cut();
    writeEnvelope(this.#writer, this.#kind);
    this.#writer.varint(this.#length);
    return [this.#writer.take(), ...this.#pieces];
  }

  #cut(): void {
    this.#length += this.#writer.length;
    this.#pieces.push(this.#writer.take());
  }
}

function messageOf({ apiVersion = "", kind = "" }: Encodable, schema: Schema): MessageSchema {
  const message = schema.ofKind(apiVersion, kind);
  if (!message) throw new RangeError(`no kind ${kind} of ${apiVersion} is known in protobuf`);
  return message;
}

interface Placed {
  readonly object: Encodable;
  readonly schema: Schema;
}

function writeRawExtension(writer: WireWriter, placed: Placed): void {
  writer.varint(10);
  writer.message(OBJECT_WIDTH, writeEnveloped, placed);
}

function writeEnveloped(writer: WireWriter, { object, schema }: Placed): void {
  const encode = messageEncoder(messageOf(object, schema), schema);
  writeEnvelope(writer, object);
  writer.message(OBJECT_WIDTH, encode, object);
}

/** Up to the length of the object itself. */
function writeEnvelope(writer: WireWriter, kind: Encodable): void {
  writer.raw(MAGIC);
  writer.varint(10);
  writer.message(1, writeTypeMeta, kind);
  writer.varint(18);
}

function writeTypeMeta(writer: WireWriter, { apiVersion = "", kind = "" }: Encodable): void {
  writer.varint(10);
  writer.text(apiVersion);
  writer.varint(18);
  writer.text(kind);
}
