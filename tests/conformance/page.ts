/** Writes docs/CONFORMANCE.md from the table: `deno run -A tests/conformance/page.ts`. */
import { NEEDS, type Needs, parseResults, resultsFile, type Row } from "./results.ts";

export const pageFile = new URL("../../docs/CONFORMANCE.md", import.meta.url);

/** The page's text. */
export function page(rows: readonly Row[]): string {
  const groups = Object.keys(NEEDS) as Needs[];
  return [
    "# Conformance",
    "",
    "The tests of the CNCF conformance suite of Kubernetes 1.36 and what became of each when the official binary last ran it against Skiff.",
    "`scripts/test conformance` builds that binary from its Go modules, runs it and writes this page; `--focus REGEXP` restricts it, and",
    "`scripts/test conformance --help` tells the rest. The facts are in `tests/conformance/results.tsv`, one line a test.",
    "",
    "A test of our own stands beside each official one where it says so; these run with `scripts/test integration`.",
    "",
    "| needs | tests | pass | fail | not run | own test |",
    "| --- | ---: | ---: | ---: | ---: | ---: |",
    ...groups.map((needs) => summary(NEEDS[needs], rows.filter((row) => row.needs === needs))),
    summary("all", rows),
    ...groups.flatMap((needs) => section(NEEDS[needs], rows.filter((row) => row.needs === needs))),
    "",
  ].join("\n");
}

function summary(title: string, rows: readonly Row[]): string {
  const count = (result: Row["result"]) => rows.filter((row) => row.result === result).length;
  const own = rows.filter((row) => row.own !== "").length;
  return `| ${title} | ${rows.length} | ${count("pass")} | ${count("fail")} | ${count("not run")} | ${own} |`;
}

function section(title: string, rows: readonly Row[]): string[] {
  return [
    "",
    `## ${title}`,
    "",
    "| area | test | result | why not | own test |",
    "| --- | --- | --- | --- | --- |",
    ...rows.map((row) => `| ${[row.area, unmarked(row.name), row.result, row.why, row.own].map(cell).join(" | ")} |`),
  ];
}

/** Without the mark that all of them bear. */
function unmarked(name: string): string {
  return name.replace(/ \[Conformance\]/, "");
}

/** Text that a Markdown table takes as it stands. */
function cell(text: string): string {
  return text.replaceAll(/[|<>[\]*_`\\]/g, (c) => `\\${c}`);
}

if (import.meta.main) await Deno.writeTextFile(pageFile, page(parseResults(await Deno.readTextFile(resultsFile))));
