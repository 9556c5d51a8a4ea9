import { describe, expect, it } from "vitest";
import { seededRandom } from "./_seeded_random.ts";
import { FieldSelector, parseFieldSelector } from "./field_selector.ts";
import {
  compileLabelSelector,
  type Requirement,
  Selector,
  SelectorError,
  selectorFromLabels,
} from "./label_selector.ts";
import { parseLabelSelector } from "./label_selector_parser.ts";

describe("label selectors", () => {
  const labels = { app: "web", tier: "front", size: "12", in: "in" };

  it.each<[string, boolean]>([
    ["", true],
    ["app=web", true],
    ["app == web , tier!=back", true],
    ["app!=web", false],
    ["missing!=x", true],
    ["app in (web, db)", true],
    ["app notin (web,db)", false],
    ["missing notin (a)", true],
    ["app", true],
    ["!app", false],
    ["!missing", true],
    ["size>5,size<13", true],
    ["size>12", false],
    ["app>1", false],
    ["missing<1", false],
    ["in in (in)", true],
    ["constructor", false],
    ["!toString", true],
    ["app=", false],
    ["missing=", false],
    ["app in (,web)", true],
  ])("%s", ([text, matches]) => {
    const selector = parseLabelSelector(text);
    expect(selector.matches(labels)).toBe(matches);
    expect(parseLabelSelector(selector.toString())).toEqual(selector);
  });

  it.each<[string, string]>([
    ["a=b c", "found 'c', expected: ',' or 'end of string'"],
    ["a=b,", "found '', expected: identifier after ','"],
    [",a", "found ',', expected: !, identifier, or 'end of string'"],
    ["a in b", "unable to parse requirement: found 'b' expected: '('"],
    ["a in (b", "unable to parse requirement: found '', expected: ',' or ')'"],
    ["a in (=", "unable to parse requirement: found '=', expected: ',', ')' or identifier"],
    ["a in (b,=)", "unable to parse requirement: found '=', expected: ',', or identifier"],
    ["a in (b c)", "unable to parse requirement: found 'c', expected: ',' or ')'"],
    ["!a=b", "found '=', expected: ',' or 'end of string'"],
    ["!", "unable to parse requirement: found '', expected: identifier"],
    ["a=(b)", "unable to parse requirement: found '(', expected: identifier"],
    ["a is b", "unable to parse requirement: found 'is', expected: in, notin, =, ==, !=, gt, lt"],
    ["/a", 'unable to parse requirement: <nil>: Invalid value: "/a": prefix part must be non-empty'],
    [
      "a>b",
      "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
    [
      `a=${"x".repeat(64)}`,
      `unable to parse requirement: values[0][a]: Invalid value: "${"x".repeat(64)}": must be no more than 63 bytes`,
    ],
  ])("refuses %s", ([text, message]) => {
    expect(() => parseLabelSelector(text)).toThrow(new SelectorError(message));
    expect(new SelectorError(message).code).toBe(400);
  });

  it.each(["-a=b", "a=-b", "a>b", `a=${"x".repeat(64)}`, "x".repeat(70_000)])(
    "refuses what no label can be",
    (text) => {
      expect(() => parseLabelSelector(text)).toThrow(SelectorError);
    },
  );

  it("compiles the selectors of specs", () => {
    expect(compileLabelSelector(undefined).matches(labels)).toBe(false);
    expect(compileLabelSelector({}).matches(undefined)).toBe(true);
    const source = Object.freeze({
      matchLabels: { app: "web" },
      matchExpressions: [{ key: "tier", operator: "In", values: ["front"] }, { key: "x", operator: "DoesNotExist" }],
    });
    const selector = compileLabelSelector(source);
    expect(selector.toString()).toBe("app=web,tier in (front),!x");
    expect(selector.matches(labels)).toBe(true);
    expect(selector.exactValue("app")).toBe("web");
    expect(selector.exactValue("x")).toBe(undefined);
    expect(compileLabelSelector(source)).toBe(selector);
    expect(() => compileLabelSelector({ matchExpressions: [{ key: "a", operator: "constructor" }] })).toThrow(
      SelectorError,
    );
    expect(() => compileLabelSelector({ matchExpressions: [{ key: "a", operator: "In" }] })).toThrow(
      /values set can't be empty/,
    );
    expect(selectorFromLabels({ b: "2", a: "1" }).toString()).toBe("a=1,b=2");
    expect([Selector.everything.isEmpty(), Selector.nothing.isEmpty()]).toEqual([true, false]);
  });

  it("prints what it reads again", () => {
    const random = seededRandom();
    for (let i = 0; i < 1000; i++) {
      const requirements = Array.from({ length: random.below(4) }, (): Requirement => {
        const operator = random.pick(["=", "==", "!=", "in", "notin", "exists", "!", ">", "<"] as const);
        const key = random.pick(["a", "in", "notin", "example.com/b"]);
        if (operator === "exists" || operator === "!") return { key, operator, values: [] };
        if (operator === ">" || operator === "<") return { key, operator, values: [String(random.below(100))] };
        const values = operator === "in" || operator === "notin" ? random.pick([["a"], ["", "b"], ["in", "x"]]) : ["v"];
        return { key, operator, values };
      });
      const selector = Selector.of(requirements);
      expect([random.seed, parseLabelSelector(selector.toString())]).toEqual([random.seed, selector]);
    }
  });
});

describe("field selectors", () => {
  it("match and print", () => {
    const selector = parseFieldSelector("metadata.name=a,status.phase!=Running,spec.x==b\\,c\\=d\\\\");
    expect(selector.terms).toEqual([
      { field: "metadata.name", value: "a", negated: false },
      { field: "status.phase", value: "Running", negated: true },
      { field: "spec.x", value: "b,c=d\\", negated: false },
    ]);
    expect(parseFieldSelector(selector.toString())).toEqual(selector);
    expect(selector.exactValue("metadata.name")).toBe("a");
    expect(selector.exactValue("status.phase")).toBe(undefined);
    const fields: Record<string, string> = { "metadata.name": "a", "spec.x": "b,c=d\\" };
    expect(selector.matches((field) => fields[field] ?? "")).toBe(true);
    expect(selector.matches(() => "a")).toBe(false);
    expect(parseFieldSelector("")).toBe(FieldSelector.everything);
    expect(parseFieldSelector("a=").terms).toEqual([{ field: "a", value: "", negated: false }]);
  });

  it.each<[string, string]>([
    ["a=b,c", "invalid selector: 'a=b,c'; can't understand 'c'"],
    ["a=b=c", "invalid field selector: unescaped character in value: 61"],
    ["a=b\\", "invalid field selector: invalid escape sequence: \\"],
    ["a=\\x", "invalid field selector: invalid escape sequence: \\x"],
    ["ab", "invalid selector: 'ab'; can't understand 'ab'"],
  ])("refuses %s", ([text, message]) => {
    expect(() => parseFieldSelector(text)).toThrow(new SelectorError(message));
  });
});
