/** Reads the report that the official binary writes (Ginkgo's `--ginkgo.json-report`), and brings the table up to date with it. */
import type { Row } from "./results.ts";

/** The fields read of https://pkg.go.dev/github.com/onsi/ginkgo/v2/types#Report. */
export interface Report {
  readonly SpecReports: readonly SpecReport[] | null;
}

export interface SpecReport {
  readonly ContainerHierarchyTexts: readonly string[] | null;
  readonly LeafNodeType: string;
  readonly LeafNodeText: string;
  readonly State: string;
  /** Nanoseconds. */
  readonly RunTime: number;
  readonly Failure?: { readonly Message: string };
}

export interface Outcome {
  readonly name: string;
  readonly result: "pass" | "fail";
  readonly seconds: number;
  /** The failure's first line. */
  readonly why: string;
}

/** What became of the tests that ran; nothing of those that the focus left out. */
export function outcomes(reports: readonly Report[]): Outcome[] {
  const specs = reports.flatMap(({ SpecReports }) => SpecReports ?? []).filter((s) => s.LeafNodeType === "It");
  return specs.filter(({ State }) => State !== "skipped" && State !== "pending").map((spec) => ({
    name: [...spec.ContainerHierarchyTexts ?? [], spec.LeafNodeText].join(" "),
    result: spec.State === "passed" ? "pass" : "fail",
    seconds: spec.RunTime / 1e9,
    why: spec.State === "passed" ? "" : firstLine(spec.Failure?.Message ?? spec.State),
  }));
}

/** The rows with the outcomes. A reason that stands there, written by hand maybe, stays while the test goes on failing. */
export function merge(rows: readonly Row[], ran: readonly Outcome[]): Row[] {
  const byName = new Map(ran.map((outcome) => [outcome.name, outcome]));
  return rows.map((row) => {
    const outcome = byName.get(row.name);
    if (!outcome) return row;
    const why = outcome.result === "fail" && row.result === "fail" && row.why !== "" ? row.why : outcome.why;
    return { ...row, result: outcome.result, why };
  });
}

function firstLine(message: string): string {
  const line = message.trim().split("\n")[0]!.replaceAll(/\s+/g, " ");
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
