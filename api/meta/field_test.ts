import { describe, expect, it } from "vitest";
import { aggregate, FieldError, root } from "./field.ts";

const path = root("spec").child("containers").index(0).child("env").key("A");

describe("FieldError", () => {
  it.each<[string, FieldError]>([
    ["Required value: must be given", FieldError.required(path, "must be given")],
    ['Invalid value: "x": bad', FieldError.invalid(path, "x", "bad")],
    ["Invalid value: 3: bad", FieldError.invalid(path, 3, "bad")],
    ['Invalid value: {"a":[1]}: bad', FieldError.invalid(path, { a: [1] }, "bad")],
    ["Invalid value: null: bad", FieldError.typeInvalid(path, null, "bad")],
    ['Unsupported value: "x": supported values: "a", "b"', FieldError.notSupported(path, "x", ["a", "b"])],
    ['Duplicate value: "x"', FieldError.duplicate(path, "x")],
    ['Not found: "x"', FieldError.notFound(path, "x")],
    ["Forbidden: no", FieldError.forbidden(path, "no")],
    ["Too long: may not be more than 1 byte", FieldError.tooLong(path, 1)],
    ["Too short: must be at least 2 characters", FieldError.tooShort(path, 2)],
    ["Too many: 3: must have at most 2 items", FieldError.tooMany(path, 3, 2)],
    ["Too few: 0: must have at least 1 item", FieldError.tooFew(path, 0, 1)],
    ["Invalid value: 1: field is immutable", FieldError.immutable(path, 1)],
  ])("says %s", ([body, error]) => {
    expect(error.body()).toBe(body);
    expect(error.toString()).toBe(`spec.containers[0].env[A]: ${body}`);
  });

  it("says each thing once", () => {
    const error = FieldError.required(root("a"));
    expect(aggregate([error, error])).toBe("a: Required value");
    expect(aggregate([])).toBe("");
  });
});
