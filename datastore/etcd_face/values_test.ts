import { Buffer } from "node:buffer";
import { expect, it } from "vitest";
import { valueOf, valueText } from "./values.ts";

it("keeps text as text, and everything", () => {
  expect(valueText({ bytes: Buffer.from('{"kind":"Pod"}'), lease: "0" })).toBe('{"kind":"Pod"}');
  expect(valueText({ bytes: Buffer.from("a"), lease: "9223372036854775807" })).toBe("\x01l9223372036854775807:a");
  const values = ["", "a", "\ufeffé", "\x01", "\x01bYQ==", "\x01l5:a", "k8s\0\n\x0c"].map((text) => Buffer.from(text));
  for (const bytes of [...values, Buffer.from([0xff, 0, 0xc3]), Buffer.from([0xed, 0xa0, 0x80])]) {
    for (const lease of ["0", "7587862072907654404"]) {
      const text = valueText({ bytes, lease });
      expect([text.includes("\0"), text.isWellFormed()]).toEqual([false, true]);
      const value = valueOf(text);
      expect([[...value.bytes], value.lease]).toEqual([[...bytes], lease]);
    }
  }
});
