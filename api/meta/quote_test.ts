import { expect, it } from "vitest";
import { quote } from "./quote.ts";

const texts: readonly (readonly [string, string])[] = [
  ["", '""'],
  ['a "b" \\ é😀', '"a \\"b\\" \\\\ é😀"'],
  ["\x00\x07\b\f\n\r\t\v\x7f", '"\\x00\\a\\b\\f\\n\\r\\t\\v\\x7f"'],
  ["\x85\u200b\u00a0", '"\\u0085\\u200b\\u00a0"'],
  ["\u{e0001}", '"\\U000e0001"'],
];

it("quotes texts as Go does", () => {
  expect(texts.map(([text]) => quote(text))).toEqual(texts.map(([, quoted]) => quoted));
});
