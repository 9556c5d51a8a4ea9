import { describe, expect, it } from "vitest";
import { applyConfiguration } from "./apply.ts";
import { compare } from "./compare.ts";
import { formatFieldsV1 } from "./fields_v1.ts";
import { noRecords } from "./managers.ts";
import type { Operation } from "./update.ts";

const version = { apiVersion: "x.io/v1", type: { is: "any" } } as const;

function operation(manager: string): Operation {
  return {
    version,
    versions: { find: () => undefined, convert: (object) => object },
    manager,
    subresource: "",
    scope: (paths) => paths,
    now: "2026-01-01T00:00:00Z",
  };
}

/** As custom resources without a schema are: what a value shows is all that is known of it. */
describe("an object without a schema", () => {
  it("has objects that merge by key, and lists that are owned as a whole", () => {
    const first = applyConfiguration(operation("a"), noRecords, {}, { spec: { a: 1, list: [{ name: "x" }] } }, false);
    const second = applyConfiguration(operation("b"), first.records, first.object, { spec: { b: { c: true } } }, false);
    expect(second.object).toEqual({ spec: { a: 1, list: [{ name: "x" }], b: { c: true } } });
    const lists = () =>
      applyConfiguration(operation("b"), second.records, second.object, { spec: { list: [{ name: "y" }] } }, false);
    expect(lists).toThrow('conflict with "a": .spec.list');
    const third = applyConfiguration(operation("a"), second.records, second.object, { spec: { a: 2 } }, false);
    expect(third.object).toEqual({ spec: { a: 2, b: { c: true } } });
  });

  const cases: [what: string, before: unknown, after: unknown, removed: string, modified: string, added: string][] = [
    ["a scalar for an object", { a: { b: 1 } }, { a: 1 }, '{"f:a":{"f:b":{}}}', '{"f:a":{}}', "{}"],
    ["an object for a list", { a: [1] }, { a: { b: 1 } }, "{}", '{"f:a":{}}', '{"f:a":{"f:b":{}}}'],
    ["a list for a list", { a: [1] }, { a: [2] }, "{}", '{"f:a":{}}', "{}"],
    ["nothing for an object", { a: { b: 1 } }, {}, '{"f:a":{".":{},"f:b":{}}}', "{}", "{}"],
    ["null for an empty object", { a: {} }, { a: null }, "{}", '{"f:a":{}}', "{}"],
  ];
  for (const [what, before, after, removed, modified, added] of cases) {
    it(`shows ${what} as it is`, () => {
      const found = compare(version.type, before, after);
      expect([found.removed, found.modified, found.added].map(formatFieldsV1)).toEqual([removed, modified, added]);
    });
  }
});
