/** What the conformance tests' table says, one line a test: `results.tsv`, from which docs/CONFORMANCE.md is written. */

/** What a test needs of the cluster, in the order of the page. */
export const NEEDS = {
  api: "The API server alone",
  controllers: "The API server with controllers and scheduler",
  status: "Pods that become ready, be it on hollow nodes",
  extensions: "Custom resources, webhooks, admission policies, API aggregation",
  containers: "Containers that run",
  nodes: "More than one node with containers that run",
} as const;

export type Needs = keyof typeof NEEDS;

const RESULTS = ["pass", "fail", "not run"] as const;
export type Result = (typeof RESULTS)[number];

export interface Row {
  /** Upstream's file, below its test/e2e. */
  readonly file: string;
  /** The name under which the official binary runs the test. */
  readonly name: string;
  readonly area: string;
  readonly needs: Needs;
  /** Of the official binary's last run against Skiff. */
  readonly result: Result;
  /** Why it does not pass; empty when it does, or when nobody tried. */
  readonly why: string;
  /** Our own test of the same behaviour, `file > title`; empty when there is none. */
  readonly own: string;
}

const HEADER = ["file", "name", "area", "needs", "result", "why", "own test"].join("\t");

export const resultsFile = new URL("./results.tsv", import.meta.url);

/** Throws for a line that is no row, or that is not in its place: rows are sorted, so that branches merge. */
export function parseResults(text: string): Row[] {
  const [header, ...lines] = text.replace(/\n$/, "").split("\n");
  if (header !== HEADER) throw new Error(`results.tsv starts with ${JSON.stringify(header)}, not with its columns`);
  const rows = lines.map((line, index) => parseRow(line, index + 2));
  rows.forEach((row, index) => {
    const before = rows[index - 1];
    if (before && compare(before, row) >= 0) throw new Error(`results.tsv:${index + 2}: ${row.name} is not in order`);
  });
  return rows;
}

export function formatResults(rows: readonly Row[]): string {
  const lines = rows.toSorted(compare).map((r) => [r.file, r.name, r.area, r.needs, r.result, r.why, r.own].join("\t"));
  return [HEADER, ...lines, ""].join("\n");
}

function parseRow(line: string, number: number): Row {
  const [file, name, area, needs, result, why, own, ...more] = line.split("\t");
  if (file === undefined || name === undefined || area === undefined || own === undefined || more.length > 0) {
    throw new Error(`results.tsv:${number}: has not 7 columns`);
  }
  if (!isNeeds(needs)) throw new Error(`results.tsv:${number}: needs ${JSON.stringify(needs)}, not one of NEEDS`);
  const known = RESULTS.find((r) => r === result);
  if (!known) {
    throw new Error(`results.tsv:${number}: the result ${JSON.stringify(result)} is not ${RESULTS.join(", ")}`);
  }
  return { file, name, area, needs, result: known, why: why ?? "", own };
}

export function isNeeds(text: string | undefined): text is Needs {
  return text !== undefined && Object.hasOwn(NEEDS, text);
}

/** By bytes, as `LC_ALL=C sort` does. */
function compare(a: Row, b: Row): number {
  const [x, y] = [`${a.file}\t${a.name}`, `${b.file}\t${b.name}`];
  return x < y ? -1 : x > y ? 1 : 0;
}
