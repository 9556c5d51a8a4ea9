import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../meta/_seeded_random.ts";
import { apiVersionOf } from "../resource.ts";
import { schema } from "../schema/schema.ts";
import { randomObject } from "./_random_object.ts";
import { simplyEncoded } from "./_simple_encoder.ts";
import { decodeValue } from "./decode.ts";
import { JsonText } from "./json_text.ts";
import { decodeProtobuf } from "./protobuf.ts";
import { encodeProtobuf, encodeWatchFrame, ProtobufListEncoder } from "./protobuf_encode.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Compared as text: the differences of long arrays take seconds to find. */
function base64(pieces: readonly Uint8Array[]): string {
  return Buffer.concat(pieces).toString("base64");
}

function configMap(name: string, size: number) {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { text: "ö".repeat(size) } };
}

describe("protobuf encoding", () => {
  it("says of random objects of every kind what a plain encoder says, in as many bytes", () => {
    const random = seededRandom();
    for (const row of schema.resources()) {
      const apiVersion = apiVersionOf(row);
      const message = schema.ofKind(apiVersion, row.kind)!;
      for (let i = 0; i < 5; i++) {
        const given = { ...randomObject(schema, message, random), apiVersion, kind: row.kind };
        const { object } = decodeValue(given, {}, schema);
        const [plain, bytes] = [simplyEncoded(object, message, schema), encodeProtobuf(object)];
        const what = { seed: random.seed, kind: row.kind };
        expect({ ...what, length: bytes.length }).toEqual({ ...what, length: plain.length });
        expect({ ...what, ...decodeProtobuf(bytes).object }).toEqual({ ...what, ...decodeProtobuf(plain).object });
      }
    }
  });

  it.each([0, 1, 300, 9000])("encode a list item by item, %d of them", (count) => {
    const items = Array.from({ length: count }, (_, i) => configMap(`c${i}`, 1 + i % 80));
    const list = { apiVersion: "v1", kind: "ConfigMapList", metadata: { resourceVersion: "7", continue: "x" } };
    const encoder = new ProtobufListEncoder(list);
    let cuts = 0;
    for (const item of items) if (encoder.add(item)) cuts++;
    const pieces = encoder.finish();
    expect(pieces.length).toBe(2 + cuts);
    expect(pieces.every((piece) => piece.length < 512 * 1024)).toBe(true);
    expect(base64(pieces)).toBe(base64([encodeProtobuf({ ...list, items } as typeof list)]));
  });

  it("frames an event with its length and its type", () => {
    const object = configMap("a", 5);
    const frame = encodeWatchFrame("MODIFIED", object);
    expect(new DataView(frame.buffer).getUint32(0)).toBe(frame.length - 4);
    expect(text(frame.subarray(4, 14))).toBe("\n\bMODIFIED");
    const envelope = encodeProtobuf(object);
    expect(frame.subarray(-envelope.length)).toEqual(envelope);
  });

  it("takes text that is JSON already for what it says", () => {
    const fields = { "f:data": { "f:text": {} } };
    const entry = { manager: "m", operation: "Update", apiVersion: "v1", fieldsType: "FieldsV1" };
    const of = (fieldsV1: unknown) => ({
      ...configMap("a", 1),
      metadata: { name: "a", managedFields: [{ ...entry, fieldsV1 }] },
    });
    const bytes = encodeProtobuf(of(new JsonText(JSON.stringify(fields))));
    expect(bytes).toEqual(encodeProtobuf(of(fields)));
    expect(decodeProtobuf(bytes).object).toEqual(of(fields));
  });

  it("refuses kinds that have no protobuf, and lists of what is none, and goes on", () => {
    const unknown = { apiVersion: "example.com/v1", kind: "Thing" };
    expect(() => encodeProtobuf(unknown)).toThrow("no kind Thing of example.com/v1");
    expect(() => new ProtobufListEncoder(unknown)).toThrow("no kind Thing");
    expect(() => new ProtobufListEncoder({ apiVersion: "v1", kind: "Pod" })).toThrow("Pod of v1 is no list");
    const broken = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", creationTimestamp: "yesterday" } };
    expect(() => encodeProtobuf(broken)).toThrow("is not an RFC 3339 time");
    expect(decodeProtobuf(encodeProtobuf(configMap("a", 1))).object).toEqual(configMap("a", 1));
  });
});
