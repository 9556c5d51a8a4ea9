import { describe, expect, it } from "vitest";
import { generateName, randomSuffix, safeEncode } from "./generate_name.ts";
import * as names from "./names.ts";

const long = (length: number) => "a".repeat(length);

type Check = (value: string) => string[];
const rows: [string, Check, string[], string[]][] = [
  ["DNS-1123 label", names.checkDns1123Label, ["a", "0", "a-b", long(63)], [
    "",
    "A",
    "-a",
    "a-",
    "a.b",
    "a_b",
    "a\n",
    long(64),
  ]],
  ["DNS-1123 subdomain", names.checkDns1123Subdomain, ["a.b-c.d", long(253)], [
    "",
    "a..b",
    ".a",
    "a.",
    "a.-b",
    long(254),
  ]],
  ["wildcard subdomain", names.checkWildcardSubdomain, ["*.a.b"], ["*", "*.*.a", "a.*.b", "a.b"]],
  ["DNS-1035 label", names.checkDns1035Label, ["a-1"], ["1a", "a.b", ""]],
  [
    "qualified name",
    names.checkQualifiedName,
    ["a", "A.b_c-1", "example.com/a", `${long(253)}/${long(63)}`],
    ["", "/a", "a/", "a/b/c", "A.com/a", "-a", "a b", long(64)],
  ],
  ["label value", names.checkLabelValue, ["", "a", "A_b.c-1", long(63)], ["-", "a b", "a/b", long(64)]],
  ["C identifier", names.checkCIdentifier, ["_a1", "A"], ["1a", "a-b", ""]],
  ["environment variable", names.checkEnvVarName, ["A", "1.a-b", "a b", "a:b"], ["", "A=B", "é", "a\nb", "\u007f"]],
  ["config key", names.checkConfigMapKey, ["a", ".a", "A_b.c-d", "a..b"], ["", ".", "..", "..a", "a/b", long(254)]],
  ["port name", names.checkPortName, ["http", "a-1", "1a"], ["", "1", "a--b", "-a", "a-", "A", long(16)]],
  ["percentage", names.checkPercent, ["0%", "150%"], ["%", "1", "-1%", "1.5%"]],
  ["HTTP header", names.checkHttpHeaderName, ["X-A"], ["", "X:A", "a b"]],
  ["path segment", names.checkPathSegmentName, ["a:B", "system:node"], [".", "..", "a/b", "a%b"]],
];

describe("names", () => {
  for (const [what, check, good, bad] of rows) {
    it(`accepts each good ${what} and refuses each bad one`, () => {
      for (const value of good) expect([value, check(value)]).toEqual([value, []]);
      for (const value of bad) expect([value, check(value).length > 0]).toEqual([value, true]);
    });
  }

  it("says what upstream says", () => {
    expect(names.checkDns1123Label("a.b")).toEqual(["must not contain dots"]);
    expect(names.checkDns1123Label("A")[0]).toContain(
      "(e.g. 'my-name',  or '123-abc', regex used for validation is '",
    );
    expect(names.checkQualifiedName(`x/${long(64)}`)).toEqual(["name part must be no more than 63 bytes"]);
    expect(names.checkPortNumber(0)).toEqual(["must be between 1 and 65535, inclusive"]);
    expect(names.checkPortNumber(1.5).length).toBe(1);
    expect(names.checkRange(3, 3, 3)).toEqual([]);
  });

  it("lets a prefix end in a hyphen", () => {
    expect(names.checkNamePrefix("web-", names.checkDns1123Label)).toEqual([]);
    expect(names.checkNamePrefix("-", names.checkDns1123Label).length).toBe(1);
  });

  // A pattern that goes back and forth would not come to an end within the test's time.
  it("comes to an end on a very long text", () => {
    for (const [, check] of rows) expect(check(`${"a-.".repeat(100_000)}!`)).toBeInstanceOf(Array);
  });
});

describe("generated names", () => {
  it("fit a label and are drawn from the injected source", () => {
    expect(generateName("web-", () => 0)).toBe("web-bbbbb");
    expect(generateName(long(80), () => 0.999)).toBe(`${long(58)}99999`);
    expect(names.checkDns1123Label(generateName("web-"))).toEqual([]);
    expect(randomSuffix(8)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{8}$/);
  });

  it("encode digits as upstream does", () => expect(safeEncode("0123456789")).toBe("456789bcdf"));
});
