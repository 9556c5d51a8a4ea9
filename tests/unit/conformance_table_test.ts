import { describe, expect, it } from "vitest";
import { page, pageFile } from "../conformance/page.ts";
import { merge, outcomes, type Report } from "../conformance/report.ts";
import { formatResults, parseResults, resultsFile, type Row } from "../conformance/results.ts";

const text = await Deno.readTextFile(resultsFile);
const rows = parseResults(text);

describe("the table of the conformance tests", () => {
  it("is what docs/CONFORMANCE.md shows", async () => {
    // If not: deno run -A tests/conformance/page.ts
    expect(await Deno.readTextFile(pageFile)).toBe(page(rows));
  });

  it("has every test of the suite of 1.36 once, and is written as it is read", () => {
    expect(rows.length).toBe(446);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(446);
    expect(formatResults(rows)).toBe(text);
  });

  it("names tests of our own that exist", async () => {
    const top = new URL("../../", import.meta.url);
    for (const { name, own } of rows) {
      if (own === "") continue;
      const [file, title] = own.split(" > ");
      if (!title) throw new Error(`${name}: ${own} is not "file > title"`);
      const source = await Deno.readTextFile(new URL(file!, top));
      // A title may be put together by the file from parts; then the part that is written there stands in the table.
      if (!source.includes(title)) throw new Error(`${name}: ${file} has no test "${title}"`);
    }
  });

  it("says why for each test that fails, and for none that passes", () => {
    for (const { name, result, why } of rows) expect([name, why !== ""]).toEqual([name, result === "fail"]);
  });

  it("refuses lines out of order, with missing columns or unknown words", () => {
    const [header, first, second] = text.split("\n");
    const parse = (...lines: unknown[]) => () => parseResults([header, ...lines, ""].join("\n"));
    expect(parse(second, first)).toThrow("is not in order");
    expect(parse("a\tb")).toThrow("results.tsv:2: has not 7 columns");
    expect(parse("f\tn\ta\tluck\tpass\t\t")).toThrow('needs "luck", not one of NEEDS');
    expect(parse("f\tn\ta\tapi\tmaybe\t\t")).toThrow('the result "maybe" is not pass, fail, not run');
  });
});

describe("a report of the official binary", () => {
  const spec = (text: string, State: string, Message?: string) => ({
    ContainerHierarchyTexts: ["[sig-x] Things"],
    LeafNodeType: "It",
    LeafNodeText: text,
    State,
    RunTime: 2.5e9,
    ...(Message !== undefined && { Failure: { Message } }),
  });
  const report: Report = {
    SpecReports: [
      spec("should work", "passed"),
      spec("should fail", "failed", "expected 1\n  to equal 2"),
      spec("should stop", "panicked"),
      spec("should wait", "skipped"),
      { ...spec("", "passed"), LeafNodeType: "SynchronizedBeforeSuite" },
    ],
  };
  const ran = outcomes([report]);

  it("tells what passed, and why the others did not", () => {
    expect(ran).toEqual([
      { name: "[sig-x] Things should work", result: "pass", seconds: 2.5, why: "" },
      { name: "[sig-x] Things should fail", result: "fail", seconds: 2.5, why: "expected 1" },
      { name: "[sig-x] Things should stop", result: "fail", seconds: 2.5, why: "panicked" },
    ]);
  });

  it("changes the rows of the tests that ran, and keeps a reason that was given", () => {
    const row = (name: string, result: Row["result"], why = ""): Row => (
      { file: "x/y.go", name: `[sig-x] Things ${name}`, area: "x", needs: "api", result, why, own: "" }
    );
    const before = [row("should work", "fail", "x"), row("should fail", "fail", "no such kind"), row("other", "pass")];
    expect(merge(before, ran)).toEqual([
      row("should work", "pass"),
      row("should fail", "fail", "no such kind"),
      row("other", "pass"),
    ]);
    expect(merge([row("should fail", "pass")], ran)).toEqual([row("should fail", "fail", "expected 1")]);
  });
});
