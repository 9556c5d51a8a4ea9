import { describe, expect, it } from "vitest";
import { parsePatch } from "./patch_body.ts";

describe("parsePatch", () => {
  it("tells what is doubled, and what is unknown in an operation", () => {
    const doubled = '{"a":{"b":1,"b":2},"c":3}';
    expect(parsePatch(doubled, "merge", "Warn")).toEqual({
      patch: { a: { b: 2 }, c: 3 },
      strictErrors: ['duplicate field "a.b"'],
    });
    expect(parsePatch('[{"op":"remove","path":"/a","other":1,"op":"add"}]', "json", "Strict").strictErrors)
      .toEqual(['json patch duplicate field "[0].op"', 'json patch unknown field "[0].other"']);
    expect(parsePatch(doubled, "strategic", "Ignore")).toEqual({ patch: { a: { b: 2 }, c: 3 } });
  });

  it("refuses what is no JSON in upstream's words", () => {
    expect(() => parsePatch("{", "json", "Warn")).toThrow("error decoding patch: unexpected end of JSON input");
    expect(() => parsePatch("no", "strategic", "Warn")).toThrow(
      /^invalid character 'o' in literal null \(expecting 'u'\)$/,
    );
  });
});
