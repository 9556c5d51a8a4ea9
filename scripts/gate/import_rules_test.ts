import { describe, expect, it } from "vitest";
import { checkDirections, findCycles, importsOf } from "./import_rules.ts";

describe("import rules", () => {
  it("finds static, re-exporting, side-effect and dynamic imports, and leaves comments out", () => {
    const source = `import { a } from "./a.ts";
import type { B } from "../api/b.ts";
export * from "./c.ts";
import "./d.ts";
const e = await import("./e.ts");
// import "./no.ts";
import x from "npm_name";`;
    expect(importsOf("client/x.ts", source)).toEqual([
      "client/a.ts",
      "api/b.ts",
      "client/c.ts",
      "client/d.ts",
      "client/e.ts",
    ]);
  });

  it("refuses what the table does not allow", () => {
    const graph = new Map([["agent/x.ts", ["server/y.ts", "api/z.ts", "agent/w.ts"]], ["api/x.ts", ["client/c.ts"]]]);
    expect(checkDirections(graph)).toEqual([
      "agent/x.ts: may not import server/y.ts: agent imports only api, host, client",
      "api/x.ts: may not import client/c.ts: api imports only itself",
    ]);
  });

  it("lets tests import the tests' own support", () => {
    expect(checkDirections(new Map([["agent/x_test.ts", ["tests/fixtures/image.ts"]]]))).toEqual([]);
  });

  it("finds circles", () => {
    const graph = new Map([["a.ts", ["b.ts"]], ["b.ts", ["c.ts"]], ["c.ts", ["b.ts"]], ["d.ts", ["a.ts"]]]);
    expect(findCycles(graph)).toEqual(["circular imports: b.ts, c.ts"]);
  });
});
