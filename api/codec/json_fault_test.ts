import { describe, expect, it } from "vitest";
import { jsonFault } from "./json_fault.ts";

describe("jsonFault", () => {
  const cases: readonly [string, string][] = [
    ["", "unexpected end of JSON input"],
    [" ", "unexpected end of JSON input"],
    ["{", "unexpected end of JSON input"],
    ['{"a"', "unexpected end of JSON input"],
    ["not", "invalid character 'o' in literal null (expecting 'u')"],
    ["text", "invalid character 'e' in literal true (expecting 'r')"],
    ["{]", "invalid character ']' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":}', "invalid character '}' looking for beginning of value"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ["[1 2]", "invalid character '2' after array element"],
    ["[1,]", "invalid character ']' looking for beginning of value"],
    ["{} x", "invalid character 'x' after top-level value"],
    ["{}{", "invalid character '{' after top-level value"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u00g0"', "invalid character 'g' in \\u hexadecimal character escape"],
    ["-x", "invalid character 'x' in numeric literal"],
    ["1.x", "invalid character 'x' after decimal point in numeric literal"],
    ["1e+x", "invalid character 'x' in exponent of numeric literal"],
    ["01", "invalid character '1' after top-level value"],
    ["'a'", "invalid character '\\'' looking for beginning of value"],
    ["\uFEFF{}", "invalid character 'ï' looking for beginning of value"],
    ["[".repeat(10_001), "exceeded max depth"],
  ];
  for (const [text, fault] of cases) {
    it(`${JSON.stringify(text.slice(0, 20))}: ${fault}`, () => {
      expect(() => JSON.parse(text)).toThrow();
      expect(jsonFault(text)).toBe(fault);
    });
  }

  it("finds nothing in what is JSON", () => {
    for (const text of ["null", '{"a":[1,-0.5e3,"\\u00e4\\n",{"b":{}}],"c":[]}', " [ ] ", "0"]) {
      expect(jsonFault(text)).toBe(undefined);
    }
  });
});
