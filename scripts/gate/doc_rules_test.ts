import { expect, it } from "vitest";
import { type DocOutput, undocumented } from "./doc_rules.ts";

function symbol(name: string, kind: string, extra: object = {}) {
  return {
    name,
    declarations: [{ declarationKind: "export", kind, location: { filename: "a.ts", line: 4 }, ...extra }],
  };
}

it("asks for a comment on what does something, not on plain data", () => {
  const output: DocOutput = {
    nodes: {
      "a.ts": {
        symbols: [
          symbol("silent", "function"),
          symbol("spoken", "function", { jsDoc: { doc: "Does it." } }),
          symbol("Data", "interface"),
          symbol("Doer", "interface", { def: { methods: [{}] } }),
        ],
      },
    },
  };
  expect(undocumented("a.ts", output)).toEqual([
    "a.ts: silent has no comment that says what it is (a.ts:5)",
    "a.ts: Doer has no comment that says what it is (a.ts:5)",
  ]);
});
