import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { decodeJSON } from "../../../api/codec/json.ts";
import { DecodeError } from "../../../api/codec/problem.ts";
import { refusalOf } from "./body_refusal.ts";

const expected = { apiVersion: "apps/v1", kind: "Deployment" };

function refused(text: string, named = true): string {
  try {
    decodeJSON(text, expected);
  } catch (error) {
    return refusalOf(error as DecodeError, Buffer.from(text), "application/json", expected, named);
  }
  throw new Error("it was accepted");
}

describe("refusalOf", () => {
  const unrecognized =
    "the object provided is unrecognized (must be of type Deployment): couldn't get version/kind; json parse error: ";
  const cases: readonly [string, string][] = [
    ["", `${unrecognized}unexpected end of JSON input (<empty>)`],
    ["text", `${unrecognized}invalid character 'e' in literal true (expecting 'r') (74657874)`],
    ['{"a":1,}', `${unrecognized}invalid character '}' looking for beginning of object key string ({"a":1,})`],
    [
      `{"a":"${"x".repeat(40)}",}`,
      `${unrecognized}invalid character '}' looking for beginning of object key string ({"a":"${"x".repeat(24)} ...)`,
    ],
    [
      '{"apiVersion":"v1","kind":"Pod"}',
      'Pod in version "v1" cannot be handled as a Deployment: converting (v1.Pod) to (apps.Deployment): unknown conversion',
    ],
    [
      '{"apiVersion":"v2","kind":"Deployment"}',
      'Deployment in version "v2" cannot be handled as a Deployment: no kind "Deployment" is registered for version "v2"',
    ],
    [
      "[]",
      'Deployment in version "v1" cannot be handled as a Deployment: expected an object with apiVersion and kind, found array',
    ],
  ];
  for (const [text, message] of cases) it(message, () => expect(refused(text)).toBe(message));

  it("tells of bytes that are no protobuf", () => {
    const tell = (bytes: number[]) =>
      refusalOf(
        new DecodeError("Syntax", "odd"),
        Buffer.from(bytes),
        "application/vnd.kubernetes.protobuf",
        expected,
        false,
      );
    expect(tell([])).toBe("empty data");
    expect(tell([1, 2])).toBe("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
    expect(tell([0x6b, 0x38, 0x73, 0, 1])).toBe("odd");
  });

  it("names no kind where every group has it", () => {
    expect(refused("{", false)).toBe("couldn't get version/kind; json parse error: unexpected end of JSON input");
  });
});
