import { describe, expect, it } from "vitest";
import { seededRandom } from "../meta/_seeded_random.ts";
import type { FieldType, MessageSchema } from "../schema/contract.ts";
import { schema } from "../schema/schema.ts";
import { apiVersionOf } from "../resource.ts";
import { randomObject } from "./_random_object.ts";
import { decodeValue } from "./decode.ts";
import { DecodeError } from "./problem.ts";
import { decodeProtobuf } from "./protobuf.ts";
import { encodeProtobuf } from "./protobuf_encode.ts";

const hex = (text: string) => Uint8Array.fromHex(text.replaceAll(" ", ""));

/** Without what protobuf does not carry: apiVersion and kind of objects inside others, as in volumeClaimTemplates. */
function carriedPart(value: unknown, message: MessageSchema): unknown {
  const part = (inner: unknown, type: FieldType): unknown => {
    if (type.is === "message") return carriedPart(inner, schema.message(type.message));
    if (type.is === "list") return (inner as unknown[]).map((item) => part(item, type.of));
    if (type.is === "map") {
      return Object.fromEntries(Object.entries(inner as object).map(([key, item]) => [key, part(item, type.of)]));
    }
    return inner;
  };
  const fields = Object.entries(value as object).filter(([name]) => (message.fields.get(name)?.number ?? 0) > 0);
  return Object.fromEntries(fields.map(([name, inner]) => [name, part(inner, message.fields.get(name)!.type)]));
}

describe("protobuf", () => {
  it("reads the envelope of a ConfigMap as Go writes it", () => {
    // apiVersion v1, kind ConfigMap; metadata.name x with Go's empty fields; data a: b.
    const typeMeta = "0a0f 0a027631 1209436f6e6669674d6170";
    const metadata = "0a11 0a0178 1200 1a00 2200 2a00 3200 3800 4200";
    const { object } = decodeProtobuf(hex(`6b387300 ${typeMeta} 121b ${metadata} 1206 0a0161 120162 1a00 2200`));
    expect(object).toMatchObject({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x" }, data: { a: "b" } });
  });

  it("gives back random objects of every kind", () => {
    const random = seededRandom();
    for (const row of schema.resources()) {
      const apiVersion = apiVersionOf(row);
      const message = schema.ofKind(apiVersion, row.kind)!;
      for (let i = 0; i < 5; i++) {
        const given = { ...randomObject(schema, message, random), apiVersion, kind: row.kind };
        const { object: canonical } = decodeValue(given, {}, schema);
        const { object } = decodeProtobuf(encodeProtobuf(canonical));
        const carried = { ...(carriedPart(canonical, message) as object), apiVersion, kind: row.kind };
        expect({ seed: random.seed, object }).toEqual({ seed: random.seed, object: carried });
      }
    }
  });

  it("keeps nested embedded structs, quantities, times and IntOrString", () => {
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", creationTimestamp: "2026-01-02T03:04:05Z", labels: { __proto__x: "y" } },
      spec: {
        volumes: [{ name: "v", configMap: { name: "c", defaultMode: 420 } }],
        containers: [{
          name: "c",
          image: "i",
          resources: { limits: { cpu: "500m", memory: "1Gi" } },
          livenessProbe: { httpGet: { path: "/", port: "http" }, periodSeconds: 3 },
          readinessProbe: { tcpSocket: { port: 80 } },
        }],
      },
    };
    const { object } = decodeProtobuf(encodeProtobuf(pod));
    expect(object).toEqual(pod);
  });

  const broken: readonly [string, string, string][] = [
    ["no magic", "00000000", "k8s"],
    ["magic alone", "6b387300", "empty body"],
    ["cut off", "6b387300 0a0f 0a0276", "invalid protobuf"],
    ["no kind", "6b387300 1200", "names no apiVersion"],
    ["an unknown kind", "6b387300 0a0b 0a027631 1205 5468696e67", "no kind Thing of v1"],
    ["a length beyond the end", "6b387300 0a0f 0a027631 1209436f6e6669674d6170 1202 0a7f", "beyond the body"],
  ];
  for (const [name, text, message] of broken) {
    it(`refuses ${name}`, () => {
      expect(() => decodeProtobuf(hex(text))).toThrow(DecodeError);
      expect(() => decodeProtobuf(hex(text))).toThrow(message);
    });
  }

  it("refuses another kind than the expected one", () => {
    const bytes = encodeProtobuf({ apiVersion: "v1", kind: "Secret", metadata: { name: "x" } });
    expect(() => decodeProtobuf(bytes, { apiVersion: "v1", kind: "ConfigMap" })).toThrow(DecodeError);
  });

  it("answers random bytes with a DecodeError and nothing else", () => {
    const random = seededRandom();
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "x" },
      spec: { containers: [{ name: "c", image: "i" }] },
    };
    const good = encodeProtobuf(pod);
    for (let i = 0; i < 2000; i++) {
      const bytes = good.slice();
      for (let changes = 0; changes < 3; changes++) {
        bytes[4 + Math.floor(random.next() * (bytes.length - 4))] = Math.floor(random.next() * 256);
      }
      try {
        decodeProtobuf(bytes);
      } catch (error) {
        expect({ seed: random.seed, error: error instanceof DecodeError ? "" : String(error) }).toEqual({
          seed: random.seed,
          error: "",
        });
      }
    }
  });
});
