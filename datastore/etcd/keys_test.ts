import { describe, expect, it } from "vitest";
import { EVERYTHING } from "../suite/engine.ts";
import { KeySpace } from "./keys.ts";

describe("KeySpace", () => {
  it("puts keys behind the prefix, and knows its own", () => {
    const keys = new KeySpace("/registry");
    expect(keys.outer("/pods/a")).toBe("/registry/pods/a");
    expect(keys.inner("/registry/pods/a")).toBe("/pods/a");
    expect(keys.inner("/registr")).toBeUndefined();
    expect(keys.inner("/registry")).toBeUndefined();
    expect(keys.inner(keys.filler)).toBeUndefined();
  });

  it("leaves what is nobody's out of ranges, and sends no empty ones", () => {
    const keys = new KeySpace("p");
    expect(keys.range(EVERYTHING)).toEqual({ key: "p\x01", rangeEnd: "p\u{10ffff}" });
    expect(keys.range({ start: "a\0", end: "b" })).toEqual({ key: "pa\0", rangeEnd: "pb" });
    expect(keys.range({ start: "b", end: "a" })).toBeUndefined();
    expect(keys.range({ start: "\u{1f600}", end: "\u{ffff}" })).toBeUndefined();
    expect(keys.range({ start: "", end: "" })).toBeUndefined();
  });
});
