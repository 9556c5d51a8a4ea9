import { describe, expect, it } from "vitest";
import { deepFreeze } from "../meta/freeze.ts";
import { StatusError } from "../status.ts";
import { applyJsonPatch } from "./json_patch.ts";
import { formatPointer, parsePointer } from "./json_pointer.ts";

function apply(document: object, patch: unknown): unknown {
  return applyJsonPatch(deepFreeze(document), deepFreeze(patch));
}

function failure(document: object, patch: unknown): StatusError {
  try {
    apply(document, patch);
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
  throw new Error("the patch was accepted");
}

/** Appendix A of RFC 6902: title, document, patch, result. */
const rfc: [string, object, unknown[], object][] = [
  ["A.1", { foo: "bar" }, [{ op: "add", path: "/baz", value: "qux" }], { baz: "qux", foo: "bar" }],
  ["A.2", { foo: ["bar", "baz"] }, [{ op: "add", path: "/foo/1", value: "qux" }], { foo: ["bar", "qux", "baz"] }],
  ["A.3", { baz: "qux", foo: "bar" }, [{ op: "remove", path: "/baz" }], { foo: "bar" }],
  ["A.4", { foo: ["bar", "qux", "baz"] }, [{ op: "remove", path: "/foo/1" }], { foo: ["bar", "baz"] }],
  ["A.5", { baz: "qux" }, [{ op: "replace", path: "/baz", value: "boo" }], { baz: "boo" }],
  [
    "A.6",
    { foo: { bar: "baz", waldo: "fred" }, qux: { corge: "grault" } },
    [{ op: "move", from: "/foo/waldo", path: "/qux/thud" }],
    { foo: { bar: "baz" }, qux: { corge: "grault", thud: "fred" } },
  ],
  [
    "A.7",
    { foo: ["all", "grass", "cows", "eat"] },
    [{ op: "move", from: "/foo/1", path: "/foo/3" }],
    { foo: ["all", "cows", "eat", "grass"] },
  ],
  [
    "A.8",
    { baz: "qux", foo: ["a", 2, "c"] },
    [{ op: "test", path: "/baz", value: "qux" }, { op: "test", path: "/foo/1", value: 2 }],
    { baz: "qux", foo: ["a", 2, "c"] },
  ],
  ["A.10", { foo: "bar" }, [{ op: "add", path: "/child", value: { grandchild: {} } }], {
    foo: "bar",
    child: { grandchild: {} },
  }],
  ["A.11", { foo: "bar" }, [{ op: "add", path: "/baz", value: "qux", xyz: 123 }], { foo: "bar", baz: "qux" }],
  ["A.14", { "/": 9, "~1": 10 }, [{ op: "test", path: "/~01", value: 10 }], { "/": 9, "~1": 10 }],
  ["A.16", { foo: ["bar"] }, [{ op: "add", path: "/foo/-", value: ["abc", "def"] }], { foo: ["bar", ["abc", "def"]] }],
];

describe("applyJsonPatch", () => {
  for (const [title, document, patch, result] of rfc) {
    it(`passes example ${title} of the RFC`, () => expect(apply(document, patch)).toEqual(result));
  }

  it.each<[number, object, unknown, string]>([
    [
      422,
      { baz: "qux" },
      [{ op: "test", path: "/baz", value: "bar" }],
      'operation 0 (test /baz): the value is not "bar"',
    ],
    [422, { foo: "bar" }, [{ op: "add", path: "/baz/bat", value: "qux" }], 'there is no field "baz"'],
    [422, { a: 1 }, [{ op: "add", path: "/a/b", value: 1 }], 'there is no field "b" in a number'],
    [422, { "~1": 10 }, [{ op: "test", path: "/~01", value: "10" }], "the value is not"],
    [422, { a: {} }, [{ op: "move", from: "/a", path: "/a/b" }], "/a cannot move into itself"],
    [422, { a: [1] }, [{ op: "add", path: "/a/3", value: 1 }], 'there is no place "3" in a list of 1'],
    [422, { a: [1] }, [{ op: "remove", path: "/a/01" }], 'there is no place "01"'],
    [422, { a: [1] }, [{ op: "remove", path: "/a/-" }], 'there is no place "-"'],
    [422, {}, [{ op: "remove", path: "/constructor" }], 'there is no field "constructor"'],
    [422, {}, [{ op: "replace", path: "", value: [] }], "leaves no object"],
    [422, {}, [{ op: "remove", path: "" }], "the whole document cannot be removed"],
    [400, {}, {}, "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"],
    [400, {}, [1], "json: cannot unmarshal number into Go value of type handlers.jsonPatchOp"],
    [
      400,
      {},
      [{ op: 3, path: "/x" }],
      "json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string",
    ],
    [422, {}, [{ op: "eat", path: "/x" }], '"eat" is not one of'],
    [422, {}, [null], '"" is not one of'],
    [422, {}, [{ op: "add", value: 1 }], "path is missing"],
    [422, { a: 1 }, [{ op: "test", path: "/a" }], "the value is not null"],
    [422, { a: [1] }, [{ op: "remove", path: "/a/-2" }], 'there is no place "-2"'],
    [422, { a: [1] }, [{ op: "replace", path: "/a/1", value: 1 }], 'there is no place "1"'],
    [400, {}, [{ op: "remove", path: "x" }], 'path "x" is not a JSON pointer'],
    [400, {}, [{ op: "remove", path: "/~2" }], "is not a JSON pointer"],
    [422, {}, [{ op: "copy", path: "/x" }], "from is missing"],
  ])("answers %s", ([code, document, patch, message]) => {
    const error = failure(document, patch);
    expect(error.message).toContain(message);
    expect(error.code).toBe(code);
  });

  it.each<[object, unknown, object]>([
    [{ a: 1 }, null, { a: 1 }],
    [{ a: 1 }, [{ op: "replace", path: "/b", value: 2 }], { a: 1, b: 2 }],
    [{ a: 1 }, [{ op: "add", path: "/b" }], { a: 1, b: null }],
    [{ a: 1 }, [{ op: "test", path: "/b", value: null }], { a: 1 }],
    [{ a: 1 }, [{ op: "copy", from: "/b", path: "/c" }], { a: 1, c: null }],
    [{ a: [1, 2] }, [{ op: "add", path: "/a/-1", value: 3 }], { a: [1, 2, 3] }],
    [{ a: [1, 2] }, [{ op: "remove", path: "/a/-1" }], { a: [1] }],
    [{ a: [{}, {}] }, [{ op: "add", path: "/a/-1/b", value: 3 }], { a: [{}, { b: 3 }] }],
  ])("takes what upstream takes besides: %s %s", ([document, patch, result]) => {
    expect(apply(document, patch)).toEqual(result);
  });

  it("refuses more operations than a client ever needs", () => {
    const patch = Array.from({ length: 10_001 }, () => ({ op: "test", path: "", value: {} }));
    expect(apply({}, patch.slice(1))).toEqual({});
    const error = failure({}, patch);
    expect([error.code, error.reason]).toEqual([413, "RequestEntityTooLarge"]);
  });

  it("leaves its inputs alone and shares what it does not touch", () => {
    const document = { a: { b: 1 }, c: { d: [1, 2] } };
    const patched = apply(document, [{ op: "add", path: "/a/x", value: 2 }]) as typeof document;
    expect(patched).toEqual({ a: { b: 1, x: 2 }, c: { d: [1, 2] } });
    expect(patched.c).toBe(document.c);
    expect(document.a).toEqual({ b: 1 });
  });

  it("keeps a copy apart from its source, and a value apart from the patch", () => {
    const value = { n: 1 };
    const patch = [
      { op: "add", path: "/a", value },
      { op: "copy", from: "/a", path: "/b" },
      { op: "replace", path: "/a/n", value: 2 },
      { op: "replace", path: "/b/n", value: 3 },
    ];
    expect(apply({}, patch)).toEqual({ a: { n: 2 }, b: { n: 3 } });
    expect(value).toEqual({ n: 1 });
  });

  it("refuses copies that would double the document without end", () => {
    const patch = Array.from({ length: 100 }, (_, i) => ({ op: "copy", from: "", path: `/${i}` }));
    expect(failure({ seed: "x".repeat(64) }, patch).code).toBe(413);
  });

  it("refuses to build what is nested too deeply", () => {
    const patch = Array.from({ length: 2000 }, (_, i) => ({ op: "add", path: "/a".repeat(i + 1), value: {} }));
    expect(failure({}, patch).message).toContain("the result of the JSON patch is nested more than 1000 levels deep");
  });

  it("takes hostile names for data", () => {
    const patched = apply({}, [{ op: "add", path: "/__proto__", value: { polluted: true } }]) as Record<
      string,
      unknown
    >;
    expect(Object.keys(patched)).toEqual(["__proto__"]);
    expect(patched.polluted).toBe(undefined);
  });

  it("makes pointers that it reads again", () => {
    const tokens = ["metadata", "annotations", "a/b~c~1", ""];
    expect(parsePointer(formatPointer(tokens))).toEqual(tokens);
  });
});
